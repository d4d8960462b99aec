"""Addresses that another program opens for a person."""

from __future__ import annotations

import time

import pytest
from yarl import URL

from dashboard.web.vo import signed
from tests.platform.web.vo.conftest import Archive


async def _signed(archive: Archive, path: str, status: int = 200) -> str:
    site = archive.site
    answer = await site.stranger.post("/vo/signed", json={"path": path}, headers=site.json)
    assert answer.status == status, await answer.text()
    return "/" + str((await answer.json()).get("url", "")).partition("//")[2].partition("/")[2]


async def test_a_signed_address_opens_what_its_person_may_read(archive: Archive) -> None:
    path = str(URL("/vo/soda").with_query({"ID": archive.did(0), "RESPONSEFORMAT": "csv"}))
    address = await _signed(archive, path)
    answer = await archive.site.stranger.get(URL(address, encoded=True))
    assert answer.status == 200, await answer.text()
    assert (await archive.site.stranger.get(URL(path, encoded=True))).status == 401


@pytest.mark.parametrize(
    "change", [{"ID": "ivo://huggins/~?other/0"}, {"person": "other"}, {"expires": "9" * 10}]
)
async def test_a_changed_address_opens_nothing(archive: Archive, change: dict[str, str]) -> None:
    address = URL(await _signed(archive, "/vo/soda?ID=x"), encoded=True)
    assert (await archive.site.stranger.get(address)).status == 404  # signed, and there is no such spectrum
    assert (await archive.site.stranger.get(address.update_query(change))).status == 401


async def test_an_address_is_valid_for_minutes(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    address = URL(await _signed(archive, "/vo/soda?ID=x"), encoded=True)
    later = time.time() + signed.VALID_S + 1
    monkeypatch.setattr(signed.time, "time", lambda: later)
    assert (await archive.site.stranger.get(address)).status == 401


async def test_it_reads_only_and_only_tables_and_spectra(archive: Archive) -> None:
    for path in ("https://example.org/vo/ssa", "//example.org/vo/ssa", "/jobs", "vo/ssa"):
        await _signed(archive, path, status=422)
    address = URL(await _signed(archive, "/uws/toy"), encoded=True)
    site = archive.site
    assert (await site.stranger.get(address)).status == 200
    assert (await site.stranger.post(address, data={"RUNID": "x"})).status == 401

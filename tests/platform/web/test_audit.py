"""The audit log: what is in it, what is not, who reads it, and when it ends."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from dashboard.auth.audit import AuditEntry, AuditFilter, AuditLog, Deed
from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.auth.sessions import token_id
from dashboard.base import clock
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset, settle, submit

JSON = {"Accept": "application/json"}


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        yield site


async def entries(site: Site, **wanted: Any) -> list[dict[str, Any]]:
    answer = await site.stranger.get("/audit", params=wanted, headers=site.json)
    assert answer.status == 200, await answer.text()
    return (await answer.json())["entries"]


async def test_a_change_is_recorded_with_who_by_what_from_where_and_on_what(site: Site) -> None:
    made = await site.stranger.post("/data", json={"name": "starry"}, headers=site.json)
    dataset = (await made.json())["dataset"]["id"]
    await site.stranger.delete(f"/data/{dataset}", headers=site.json)
    deleted, created = await entries(site, kind="dataset")
    assert created["deed"] == "created"
    assert deleted["deed"] == "deleted"
    for entry in (created, deleted):
        assert entry["object"] == dataset
        assert entry["user"] == "owner"
        assert entry["via"] == token_id(site.token)
        assert entry["address"] == "127.0.0.1"
        assert clock.seconds_since(entry["time"]) < 60


async def test_reading_and_checking_leave_no_entry_and_a_download_does(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    for path in ("/jobs", "/data", f"/data/{dataset}", "/", "/nodes", "/audit"):
        assert (await site.stranger.get(path, headers=site.json)).status == 200
    await site.stranger.post("/modules/toy/check", json={"dataset": dataset}, headers=site.json)
    assert [entry for entry in await entries(site) if entry["kind"] != "session"] == []
    job = await settle(site.platform, await submit(site.platform, dataset))
    assert (await site.stranger.get(f"/jobs/{job.id}/artefacts/log.txt", headers=site.json)).status == 200
    [entry] = await entries(site, deed="downloaded")
    assert (entry["kind"], entry["object"], entry["detail"]) == ("job", job.id, "log.txt")


async def test_failures_of_the_input_leave_no_entry(site: Site) -> None:
    assert (await site.stranger.post("/data", json={"name": ""}, headers=site.json)).status == 422
    assert await entries(site, kind="dataset") == []


async def test_denied_accesses_and_failed_sign_ins_are_recorded(site: Site) -> None:
    await site.platform.accounts.create("eva", OWNER, roles=[Role.VIEWER])
    token = await site.platform.sessions.open("eva")
    eva = {"Authorization": f"Bearer {token}", **JSON}
    assert (await site.stranger.post("/data", json={"name": "t"}, headers=eva)).status == 403
    assert (await site.stranger.get("/audit", headers=eva)).status == 403
    body = {"name": "Eva", "password": "wrong wrong"}
    assert (await site.stranger.post("/sign-in", json=body, headers=JSON)).status == 401
    denied = await entries(site, deed="denied")
    assert [(entry["user"], entry["detail"]) for entry in denied] == [
        ("eva", "GET /audit"),
        ("eva", "POST /data"),
    ]
    [failed] = await entries(site, deed="sign-in failed")
    assert (failed["user"], failed["detail"]) == ("", "Eva")
    assert "wrong wrong" not in str(await entries(site))


async def test_signing_in_and_out_is_recorded(site: Site) -> None:
    link = await site.platform.sessions.one_time_link()
    answer = await site.stranger.get(f"/enter?token={link}", headers={"Accept": "text/html"})
    cookie = answer.cookies["huggins_session"].value
    await site.stranger.post("/leave", headers={"Cookie": f"huggins_session={cookie}"}, allow_redirects=False)
    out, into = (await entries(site, object=token_id(cookie)))[:2]
    assert (into["deed"], into["user"]) == ("signed in", "owner")
    assert (out["deed"], out["user"]) == ("signed out", "owner")


async def test_pages_follow_each_other_and_the_export_has_everything(site: Site) -> None:
    for number in range(250):
        site.platform.audit.record(AuditEntry("eva", "", "::1", Deed.CHANGED, "job", str(number)))
    first = await entries(site, user="eva")
    second = await entries(site, user="eva", before=first[-1]["id"])
    assert [int(entry["object"]) for entry in first + second] == list(range(249, 49, -1))
    text = await (await site.stranger.get("/audit.csv?user=eva", headers=site.json)).text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["object"]) for row in rows] == list(range(249, -1, -1))


async def test_a_cell_of_the_export_is_no_formula(site: Site) -> None:
    site.platform.audit.record(
        AuditEntry("", "", "", Deed.SIGN_IN_FAILED, "session", detail="=cmd|' /C calc'!A0")
    )
    text = await (await site.stranger.get("/audit.csv", headers=site.json)).text()
    cell = next(row["detail"] for row in csv.DictReader(io.StringIO(text)) if "calc" in row["detail"])
    assert not cell.startswith("=")


async def test_a_long_text_of_a_request_is_cut(site: Site) -> None:
    body = {"name": "x" * 5000, "password": "wrong wrong"}
    await site.stranger.post("/sign-in", json=body, headers=JSON)
    [failed] = await entries(site, deed="sign-in failed")
    assert failed["detail"] == "x" * 200


async def test_old_rows_are_deleted_and_new_ones_stay(site: Site) -> None:
    audit = AuditLog(site.platform.database, 30)
    for days in (40, 20):
        audit.record(
            AuditEntry("eva", "", "", Deed.CHANGED, "job", str(days), time=clock.after(-days * 86_400))
        )
    await audit.flush()
    assert await audit.sweep() == 1
    kept = await audit.list(OWNER, AuditFilter(user="eva"))
    assert [row["object"] for row in kept] == ["20"]
    assert await AuditLog(site.platform.database, 0).sweep() == 0


async def test_entries_wait_while_the_database_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = AuditLog(site.platform.database, 30)

    def away() -> None:
        raise OperationalError("insert", {}, Exception("away"))

    audit.record(AuditEntry("eva", "", "", Deed.CHANGED, "job", "1"))
    with monkeypatch.context() as patched:
        patched.setattr(site.platform.database, "write", away)
        await audit.flush()
    audit.record(AuditEntry("eva", "", "", Deed.CHANGED, "job", "2"))
    found = await audit.list(OWNER, AuditFilter(user="eva"))
    assert [row["object"] for row in found] == ["2", "1"]


async def test_only_administrators_read_it(site: Site) -> None:
    with pytest.raises(Exception, match="may not"):
        await site.platform.audit.list(Identity("eva", frozenset({Role.MANAGER})), AuditFilter())
    page = await site.stranger.get("/audit", headers=site.browser)
    assert page.status == 200


async def test_an_empty_export_has_its_head(site: Site) -> None:
    answer = await site.stranger.get("/audit.csv?user=nobody", headers=site.json)
    assert await answer.text() == "id,time,user,via,address,deed,kind,object,operation,detail\r\n"


async def test_entries_that_two_write_at_once_are_written_once(site: Site) -> None:
    log = site.platform.audit
    for number in range(5):
        log.record(AuditEntry(f"u{number}", "", "", Deed.CHANGED, "job"))
    await asyncio.gather(*(log.flush() for _ in range(4)))
    assert sorted(one["user"] for one in await entries(site, kind="job")) == [f"u{n}" for n in range(5)]


async def test_a_log_as_a_file_and_a_table_of_runs_are_downloads_also_that_of_the_audit(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    for path in (f"/jobs/{job.id}/log", f"/jobs/{job.id}/log?format=text", f"/compare/table?jobs={job.id}"):
        assert (await site.stranger.get(path, headers=site.json)).status == 200, path
    assert (await site.stranger.get("/audit.csv", headers=site.json)).status == 200
    seen = {(one["operation"], one["object"]) for one in await entries(site, deed="downloaded")}
    assert seen == {("job_log", job.id), ("table", job.id), ("audit_csv", "")}

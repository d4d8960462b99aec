"""Clients of the VO's protocols over a platform whose node is a fake."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from astropy.io.votable import parse, parse_single_table
from astropy.table import Table
from sqlalchemy import update

from dashboard.database.tables import dataset_spectra
from dashboard.settings.sections import VoSettings
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.vo.uws_client import UwsClient
from tests.platform.world import add_dataset


@pytest.fixture
def uws(site: Site) -> UwsClient:
    return UwsClient(site.stranger, {"Authorization": f"Bearer {site.token}"})


@pytest.fixture
async def open_to_all(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """Return a platform that lets callers without a token in."""
    sections = {"vo": VoSettings(anonymous=True, keep_days=1)}
    async with open_site(tmp_path, url=database_url, sections=sections) as site:
        yield site


@dataclass
class Archive:
    """A dataset of real files, asked as the VO does."""

    site: Site
    dataset: str

    def did(self, number: int) -> str:
        return f"ivo://huggins/~?{self.dataset}/{number}"

    async def get(self, path: str, *, status: int = 200, owner: bool = True, **query: Any) -> bytes:
        headers = {"Authorization": f"Bearer {self.site.token}"} if owner else {}
        answer = await self.site.stranger.get(f"/vo/{path}", params=query, headers=headers)
        content = await answer.read()
        assert answer.status == status, content
        return content

    async def table(self, path: str, **query: Any) -> Table:
        """Return the results of a query, read by astropy, which checks the document."""
        return parse_single_table(io.BytesIO(await self.get(path, **query))).to_table()

    async def status(self, path: str, **query: Any) -> list[str]:
        """Return the values of QUERY_STATUS in their order, and the text of the last."""
        document = parse(io.BytesIO(await self.get(path, **query)))
        infos = [one for one in document.resources[0].infos if one.name == "QUERY_STATUS"]
        return [*(one.value for one in infos), infos[-1].content or ""]


@pytest.fixture
async def archive(site: Site) -> Archive:
    """Return an archive of two spectra, of 4000 to 4100 and 6500 to 6600 Å."""
    dataset = await add_dataset(site.platform, name="<b> & stars")
    files = site.platform.settings.home / "data" / dataset / "files"
    ranges = ((4000, 10.0, -60.5), (6500, 359.9, 0.0))
    async with site.platform.database.write() as connection:
        for number, (start, ra, dec) in enumerate(ranges):
            lines = [f"{start + pixel},{1 + pixel / 100},0.1" for pixel in range(101)]
            (files / f"{'AB'[number]}.csv").write_text("\n".join(["wavelength,flux,error", *lines]))
            one = (dataset_spectra.c.dataset == dataset) & (dataset_spectra.c.number == number)
            known = {"wavelength_min": start, "wavelength_max": start + 100, "points": 101}
            change = update(dataset_spectra).where(one).values(ra=ra, dec=dec, **known)
            await connection.execute(change)
    return Archive(site, dataset)

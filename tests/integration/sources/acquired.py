"""What the tests of sources ask of a platform."""

from __future__ import annotations

from dashboard.auth.identity import OWNER
from dashboard.data.acquisition.acquisition import Acquisition, RecordFilter, RecordRow
from dashboard.data.dataset import SpectrumFilter, SpectrumRow
from dashboard.platform import Platform


async def listed(
    platform: Platform, kind: str, values: dict[str, object], *, auto: bool = False, **more: object
) -> Acquisition:
    """List the records of a new source, and fetch them with `auto`."""
    given = {"name": kind, "kind": kind, "values": values, **more}
    source = await platform.acquisitions.sources.create(given, OWNER)
    made = await platform.acquisitions.create(source.id, OWNER, auto=auto)
    return await platform.acquisitions.runner.ended(made.id)


async def fetched(
    platform: Platform, kind: str, address: str, values: dict[str, object] | None = None, **more: object
) -> Acquisition:
    """Fetch all records of a new source."""
    return await listed(platform, kind, {"address": address, **(values or {})}, auto=True, **more)


async def records_of(platform: Platform, done: Acquisition) -> list[RecordRow]:
    return list((await platform.acquisitions.shown(done, RecordFilter(), 1, 200)).items)


async def names_of(platform: Platform, done: Acquisition) -> set[str]:
    return {one.name for one in await records_of(platform, done)}


async def spectra_of(platform: Platform, done: Acquisition) -> list[SpectrumRow]:
    page = await platform.data.rows.search(done.dataset or "", SpectrumFilter(), "number", 1, 200)
    return list(page.items)

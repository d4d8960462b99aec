"""Datasets that point at an archive: fetched when needed, once, within a limit; copies."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from dashboard.auth.identity import OWNER, SYSTEM, Identity, Role
from dashboard.base.errors import Conflict, NotFound
from dashboard.data.dataset import EVERY_SPECTRUM, Dataset, FileState
from dashboard.jobs.job import Phase
from dashboard.platform import Platform
from dashboard.quotas.quota import Quota, Subject
from spectra import Spectrum
from spectra.synthetic import write_folder
from tests.platform.acquisition.archive import Archive, spectrum
from tests.platform.acquisition.test_acquisition import FIELDS, source_of, votable
from tests.platform.learning.test_sessions import SETTINGS, entry, forward, label, select
from tests.platform.world import World, settle, submit


async def referring(platform: Platform, archive: Archive, count: int = 6) -> Dataset:
    """Make a dataset of a list of links, in two classes; nothing is fetched."""
    archive.files |= {f"s{n}.csv": spectrum(n, 40 + n) for n in range(count)}
    rows = [(f"{archive.address}s{n}.csv", f"star {n // 2}", "BA"[n % 2], str(n), "-5") for n in range(count)]
    archive.files["list.vot"] = votable(rows, FIELDS)
    source = await source_of(platform, f"{archive.address}list.vot", "votable")
    made = await platform.acquisitions.create(source, OWNER, auto=True, by_reference=True)
    done = await platform.acquisitions.runner.ended(made.id)
    assert (done.state, done.chosen, done.queued) == ("completed", count, 0), done
    return await platform.data.get(done.dataset or "")


def asked(archive: Archive) -> int:
    """Return how often files of spectra were asked for."""
    return sum(count for path, count in archive.asked.items() if path.endswith(".csv"))


async def states(platform: Platform, dataset: str) -> Counter[str]:
    return Counter([str(file.state) async for file in platform.data.store.files.all(dataset)])


async def test_a_list_becomes_a_dataset_of_which_nothing_is_fetched(
    platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    assert (dataset.state, dataset.count, dataset.bytes, dataset.refers) == ("ready", 6, 0, True)
    assert dataset.classes == {"A": 3, "B": 3}
    rows = await platform.data.rows.numbered(dataset.id, range(6))
    assert [(row.label, row.group, row.ra) for row in rows.values()][:2] == [
        ("B", "star 0", 0.0),
        ("A", "star 0", 1.0),
    ]
    assert asked(archive) == 0
    with pytest.raises(Conflict, match="points at an archive"):
        await platform.data.upload(dataset.id, "more.csv", _one(b"1,2\n"))


async def _one(content: bytes):  # type: ignore[no-untyped-def]
    yield content


async def test_a_plot_fetches_its_spectra_alone_and_once(platform: Platform, archive: Archive) -> None:
    dataset = await referring(platform, archive)
    rows = await platform.data.rows.numbered(dataset.id, [1, 4])
    for _ in range(2):
        curves = await platform.data.curves.read(dataset.id, dataset.kind, list(rows.values()))
        assert [len(curve.wavelength) for curve in curves] == [41, 44]  # type: ignore[union-attr]
    assert asked(archive) == 2
    status = await platform.references.status(dataset.id, OWNER)
    assert (status.files, status.cached, status.failed) == (6, 2, 0)
    assert status.fetched is not None
    assert status.cached_bytes == len(archive.files["s1.csv"]) + len(archive.files["s4.csv"])


async def test_a_plot_finds_the_spectrum_wherever_it_is_in_its_file(
    platform: Platform, archive: Archive, tmp_path: Path
) -> None:
    dataset = await referring(platform, archive)
    write_folder(tmp_path / "made", 1, seed=1)
    [made] = (tmp_path / "made").glob("*.fits")
    archive.files["s1.csv"] = made.read_bytes()  # named by an identifier, as services do
    rows = await platform.data.rows.numbered(dataset.id, [1])
    [curve] = await platform.data.curves.read(dataset.id, dataset.kind, [rows[1]])
    assert isinstance(curve, Spectrum), curve
    assert len(curve.wavelength) > 100


async def test_a_subset_and_a_union_share_what_is_cached(platform: Platform, archive: Archive) -> None:
    dataset = await referring(platform, archive)
    await platform.reference_cache.ensure(dataset.id, ["s0.csv", "s1.csv"])
    some = await platform.data.derived.subset(dataset.id, EVERY_SPECTRUM, [0, 1, 2], "some", OWNER)
    other = await platform.data.derived.subset(dataset.id, EVERY_SPECTRUM, [2, 3], "other", OWNER)
    both, left_out = await platform.data.derived.unite([some.id, other.id], "both", OWNER)
    assert (both.count, left_out, both.bytes, both.refers) == (4, 1, 0, True)
    await platform.reference_cache.ensure(both.id, ["s0.csv", "s1.csv", "s2.csv", "s3.csv"])
    assert asked(archive) == 4
    files = {platform.reference_cache.folder.place(one.id, "s0.csv").stat().st_ino for one in (dataset, both)}
    assert len(files) == 1


async def test_a_job_starts_when_its_files_are_here_and_skips_those_that_cannot_be_fetched(
    world: World, platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)

    async def gone(_request: web.Request) -> web.Response:
        return web.Response(status=404)

    archive.special["s3.csv"] = gone
    job = await submit(platform, dataset.id)
    await platform.supervisor.reconcile()
    assert not world.started()
    assert "archive" in (await platform.jobs.get(job.id)).reason
    await _brought(platform)
    job = await settle(platform, job)
    assert job.phase is Phase.COMPLETED, job.reason
    [manifest] = list((world.home / "jobs" / job.id).glob("*/in/manifest.csv"))
    with manifest.open(encoding="utf-8") as lines:
        found = {row["path"]: row["unavailable"] for row in csv.DictReader(lines)}
    assert {path for path, reason in found.items() if reason} == {"s3.csv"}
    assert "404" in found["s3.csv"]
    assert await states(platform, dataset.id) == {"cached": 5, "reference": 1}


async def _brought(platform: Platform) -> None:
    """Wait until nothing is brought for jobs."""
    for fill in list(platform.reference_staging._fills.values()):
        assert fill.task is not None
        await asyncio.wait([fill.task])


async def test_a_job_of_which_nothing_can_be_fetched_fails_with_the_archives_words(
    world: World, platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    for name in [name for name in archive.files if name.endswith(".csv")]:
        del archive.files[name]
    job = await submit(platform, dataset.id)
    await platform.supervisor.reconcile()
    await _brought(platform)
    job = await settle(platform, job)
    assert job.phase is Phase.ERROR
    assert "none of its 6 files could be fetched" in job.reason
    assert "404" in job.reason
    assert not world.started()


async def test_two_who_need_the_same_files_share_one_fetch(platform: Platform, archive: Archive) -> None:
    dataset = await referring(platform, archive)
    archive.delay_s = 0.05
    other = await platform.data.derived.subset(dataset.id, EVERY_SPECTRUM, [0, 1, 2, 3], "other", OWNER)
    paths = [f"s{n}.csv" for n in range(4)]
    cache = platform.reference_cache
    await asyncio.gather(*(cache.ensure(one, paths) for one in (dataset.id, other.id, dataset.id)))
    assert asked(archive) == 4


async def test_what_was_used_longest_ago_is_dropped_and_what_is_in_use_is_kept(
    platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    cache = platform.reference_cache
    sizes = {path: len(archive.files[path]) for path in archive.files if path.endswith(".csv")}
    cache.room.limit = sum(sizes[f"s{n}.csv"] for n in (2, 3)) + 10
    for number in range(3):
        other = await platform.data.derived.subset(dataset.id, EVERY_SPECTRUM, [number], f"{number}", OWNER)
        await cache.ensure(other.id, [f"s{number}.csv"])
        assert await cache.rows.size() <= cache.room.limit
    names = {path.name for path in (platform.settings.home / "cache").glob("??/*")}
    assert len(names) == 2
    assert not (platform.settings.home / "data" / dataset.id / "files" / "s0.csv").exists()
    reasons = await cache.ensure(dataset.id, [f"s{n}.csv" for n in range(6)])
    assert all("too small for this dataset" in reason for reason in reasons.values())
    with cache.room.holding(other.id):
        await cache.room.trim()
        assert cache.folder.place(other.id, "s2.csv").is_file()


async def test_a_fetch_that_is_killed_leaves_nothing_half_and_is_done_again(
    world: World, platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    parts = platform.reference_cache.folder.parts

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"wavelength,flux\n" * 200)
        await asyncio.sleep(1)
        return response

    archive.special["s2.csv"] = endless
    fetching = asyncio.create_task(platform.reference_cache.ensure(dataset.id, ["s1.csv", "s2.csv"]))
    while not archive.asked["s2.csv"]:
        await asyncio.sleep(0.01)
    fetching.cancel()
    await asyncio.wait([fetching])
    assert not [path for path in parts.iterdir() if path.is_file()]
    assert await states(platform, dataset.id) == {"reference": 6}
    del archive.special["s2.csv"]
    assert await platform.reference_cache.ensure(dataset.id, ["s1.csv", "s2.csv"]) == {}


async def test_rows_and_files_of_the_cache_agree_after_a_restart(
    world: World, platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    await platform.reference_cache.ensure(dataset.id, ["s1.csv", "s2.csv"])
    [lost, *_] = sorted((world.home / "cache").glob("??/*"))
    lost.unlink()
    await platform.stop()
    again = await world.platform()
    assert await states(again, dataset.id) == {"cached": 1, "reference": 5}
    assert await again.reference_cache.ensure(dataset.id, ["s1.csv", "s2.csv"]) == {}


async def test_other_content_than_before_is_not_taken_unless_what_was_known_is_forgotten(
    platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    cache = platform.reference_cache
    await cache.ensure(dataset.id, ["s1.csv"])
    await cache.room.drop(sorted(await cache.rows.contents()))
    archive.files["s1.csv"] = spectrum(5, 60)
    assert "other content" in (await cache.ensure(dataset.id, ["s1.csv"]))["s1.csv"]
    await platform.references.forget(dataset.id, OWNER)
    assert await cache.ensure(dataset.id, ["s1.csv"]) == {}


async def test_a_pinned_dataset_is_a_copy_and_counts_until_it_is_unpinned(
    platform: Platform, archive: Archive
) -> None:
    dataset = await referring(platform, archive)
    await platform.references.pin(dataset.id, OWNER)
    await platform.references.settled(dataset.id)
    pinned = await platform.data.get(dataset.id)
    size = sum(len(content) for path, content in archive.files.items() if path.endswith(".csv"))
    assert (pinned.holding, pinned.bytes, pinned.reason) == ("pinned", size, "")
    assert (pinned.wavelength_min is not None, pinned.sha256) == (True, dataset.sha256)
    cache = platform.reference_cache
    await cache.room.drop(sorted(await cache.rows.contents()))
    rows = await platform.data.rows.numbered(dataset.id, [1])
    [curve] = await platform.data.curves.read(dataset.id, dataset.kind, [rows[1]])
    assert len(curve.wavelength) == 41  # type: ignore[union-attr]
    assert asked(archive) == 6
    await platform.references.unpin(dataset.id, OWNER)
    assert (await platform.data.get(dataset.id)).bytes == 0
    assert await states(platform, dataset.id) == {"cached": 6}
    with pytest.raises(NotFound):
        await platform.references.pin(dataset.id, Identity("else", frozenset({Role.VIEWER})))


async def test_a_quota_ends_a_copy_and_what_was_copied_stays(
    platform: Platform, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.data.references.cache.GROUP", 2)
    dataset = await referring(platform, archive)
    two = sum(len(archive.files[f"s{n}.csv"]) for n in (0, 1))
    await platform.quotas.store.put(Subject.PERSON, OWNER.user, {Quota.DISK: (two + 20) / 1e6}, OWNER.user)
    await platform.references.pin(dataset.id, OWNER)
    await platform.references.settled(dataset.id)
    ended = await platform.data.get(dataset.id)
    assert (ended.holding, ended.bytes) == ("references", two)
    assert "Copying stopped" in ended.reason
    assert (await states(platform, dataset.id))[FileState.READ] == 2


async def test_a_list_that_datasets_point_at_is_not_deleted(platform: Platform, archive: Archive) -> None:
    dataset = await referring(platform, archive)
    [file] = await platform.reference_cache.rows.named(dataset.id, ["s1.csv"])
    source = await platform.reference_cache.rows.source_of(file.acquisition or "") or ""
    with pytest.raises(Conflict, match="points at its records"):
        await platform.acquisitions.delete_source(source, OWNER)
    await platform.acquisitions.delete_source(source, SYSTEM)
    reasons = await platform.reference_cache.ensure(dataset.id, ["s1.csv"])
    assert "deleted" in reasons["s1.csv"]


async def test_a_list_of_references_is_the_pool_of_a_session(
    world: World, platform: Platform, archive: Archive
) -> None:
    """Its files are brought for the first round, and nothing is asked for again in the second."""
    world.behave = lambda spec: select(spec, entry("s0.csv", "batch"), entry("s1.csv", "batch"))
    await platform.coordinator.stop()
    dataset = await referring(platform, archive)
    settings = {**SETTINGS, "batch": 2, "stop": {"rounds": 2}}
    session = await platform.learning.create("pool", dataset.id, settings, OWNER, classes=["A", "B"])
    await platform.learning.start_round(session.id, OWNER)
    for number in (1, 2):
        await platform.coordinator.look()
        await platform.supervisor.reconcile()
        await _brought(platform)
        await forward(platform)
        rounds = await platform.learning.store.rounds(session.id)
        assert [one.number for one in rounds] == list(range(1, number + 1))
        assert (await platform.learning.phase(rounds[-1]))[0] == "labelling"
        assert asked(archive) == 6
        for row, name in ((0, "B"), (1, "A")):
            await label(platform, session, row, name)
        await forward(platform)

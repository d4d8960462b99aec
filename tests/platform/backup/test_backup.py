"""A backup while the platform runs, its restoring into an empty home, and what is no backup."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, insert

from dashboard.auth.identity import OWNER
from dashboard.backup import manifest as manifests
from dashboard.backup.check import Fault, check
from dashboard.backup.restore import restore_backup
from dashboard.backup.writer import write_backup
from dashboard.base import clock
from dashboard.base.errors import Conflict, Invalid, StorageFull
from dashboard.database.engine import Database
from dashboard.database.tables import module_versions
from dashboard.jobs.job import Phase
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset, run_on, settle, submit


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    world = World(tmp_path / "home", accounts=None, url=database_url)
    yield world
    await world.close()


async def filled(world: World) -> tuple[Platform, dict[str, str]]:
    """Return a platform with an account, a dataset, a model, and a job that ended, runs and waits."""
    platform = await world.platform()
    await platform.accounts.create("eva", OWNER, email="eva@example.org")
    dataset = await add_dataset(platform)
    (platform.settings.home / "data" / dataset / "files" / "a.csv").write_text("5000,1\n")
    ended = await settle(platform, await submit(platform, dataset, label="ended"))
    model = await platform.models.of_job(ended.id)
    assert model is not None
    world.behave = run_on
    running = await submit(platform, dataset, label="running")
    await platform.supervisor.reconcile()
    queued = await platform.submit(JobRequest("toy", dataset, label="queued"), OWNER)
    source = await platform.acquisitions.sources.create(
        {"name": "A list", "kind": "votable", "values": {"address": "http://127.0.0.1/list.vot"}}, OWNER
    )
    await platform.acquisitions.sources.upload(source.id, _pieces(b"<VOTABLE/>"), OWNER)
    await _published(platform)
    made = {"name": "hot", "model": model.id}
    await platform.deployments.create(made)
    return platform, {
        "dataset": dataset,
        "ended": ended.id,
        "running": running.id,
        "queued": queued.id,
        "model": model.id,
    }


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _published(platform: Platform) -> None:
    """Put the files and the row of a published module there."""
    folder = platform.settings.home / "published" / "v-1"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("A module.")
    row = {"module": "eva/toy", "version": "1.0.0", "state": "published", "image": "toy", "files": "v-1"}
    row |= {"document": {}, "report": {}, "sbom": {}, "source": "a folder", "signature": ""}
    row |= {"publisher": "eva", "created": clock.now()}
    async with platform.database.write() as connection:
        await connection.execute(insert(module_versions).values(row))


def contents(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in ("data", "models", "jobs", "sources", "published")
        for path in sorted((home / top).rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


async def restored(world: World, file: Path, name: str = "elsewhere") -> World:
    home = file.parent / name / "home"
    await restore_backup(file, home, f"sqlite:///{home / 'huggins.sqlite'}")
    return World(home, accounts=None)


async def test_everything_is_there_again_in_another_home(world: World, tmp_path: Path) -> None:
    platform, named = await filled(world)
    made = await write_backup(world.home, platform.database, tmp_path / "b.tar")
    assert made.missing == []
    before = contents(world.home)
    await world.close()
    other = await restored(world, tmp_path / "b.tar")
    try:
        assert contents(other.home) == before
        platform = await other.platform()
        jobs = {job: await platform.jobs.get(named[job]) for job in ("ended", "running", "queued")}
        assert jobs["ended"].phase == Phase.COMPLETED
        assert jobs["running"].phase == Phase.ERROR
        assert "restored" in jobs["running"].reason
        assert jobs["queued"].phase == Phase.QUEUED
        assert (await platform.models.get(named["model"], OWNER)).job == named["ended"]
        assert (await platform.data.get(named["dataset"])).name == "two stars"
        assert (await platform.accounts.by_email("EVA@example.org")) is not None
        deployment, _ = platform.deployments.service.get("hot")
        assert Path(str(deployment.version().model_folder)).is_relative_to(other.home)
        assert [one async for one in check(other.home, platform.database)] == []
    finally:
        await other.close()


async def test_the_restored_platform_is_another_one(world: World, tmp_path: Path) -> None:
    platform, _ = await filled(world)
    owner, token = platform.owner, await platform.sessions.one_time_link()
    await write_backup(world.home, platform.database, tmp_path / "b.tar")
    other = await restored(world, tmp_path / "b.tar")
    try:
        beside = await other.platform()
        assert beside.owner != owner  # both run: neither touches the other's containers
        with pytest.raises(Exception, match="used or is too old"):
            await beside.sessions.redeem(token)
    finally:
        await other.close()


async def test_what_jobs_write_and_delete_meanwhile_does_no_harm(world: World, tmp_path: Path) -> None:
    platform, named = await filled(world)
    log = next((world.home / "jobs" / named["ended"]).rglob("log.txt"))
    table = world.home / "data" / named["dataset"] / "files" / "a.csv"

    def told(path: str) -> None:
        if path.endswith("a.csv"):
            table.unlink()
        if path.endswith("log.txt"):
            log.write_text("")

    made = await write_backup(world.home, platform.database, tmp_path / "b.tar", told=told)
    assert made.missing == [str(table.relative_to(world.home))]
    other = await restored(world, tmp_path / "b.tar")
    database = Database(other.settings().database_url)
    faults = [one async for one in check(other.home, database, hashes=False)]
    await database.close()
    assert Fault.DATABASE not in {one.fault for one in faults}


async def test_links_that_a_container_made_are_left_out(world: World, tmp_path: Path) -> None:
    platform, named = await filled(world)
    secret = tmp_path / "secret"
    secret.write_text("zirconium")
    (world.home / "jobs" / named["ended"] / "link").symlink_to(secret)
    await write_backup(world.home, platform.database, tmp_path / "b.tar")
    assert b"zirconium" not in (tmp_path / "b.tar").read_bytes()


async def test_spectra_can_be_left_out(world: World, tmp_path: Path) -> None:
    platform, named = await filled(world)
    made = await write_backup(world.home, platform.database, tmp_path / "b.tar", spectra=False)
    assert not [path for path in made.files if "/files/" in path]
    assert [path for path in made.files if path.startswith(f"models/{named['model']}")]


async def test_a_backup_is_whole_or_not_there(world: World, tmp_path: Path) -> None:
    platform, _ = await filled(world)
    target = tmp_path / "backups" / "b.tar"
    target.parent.mkdir()

    def full(_path: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def killed(_path: str) -> None:
        raise asyncio.CancelledError

    with pytest.raises(StorageFull, match="no room"):
        await write_backup(world.home, platform.database, target, told=full)
    with pytest.raises(asyncio.CancelledError):
        await write_backup(world.home, platform.database, target, told=killed)
    assert list(target.parent.iterdir()) == []
    await write_backup(world.home, platform.database, target)
    assert (target.stat().st_mode & 0o777, [path.name for path in target.parent.iterdir()]) == (
        0o600,
        ["b.tar"],
    )
    with pytest.raises(Conflict, match="exists"):
        await write_backup(world.home, platform.database, target)


async def test_a_home_or_database_that_holds_something_is_not_overwritten(
    world: World, tmp_path: Path
) -> None:
    platform, _ = await filled(world)
    await write_backup(world.home, platform.database, tmp_path / "b.tar")
    with pytest.raises(Conflict, match="not empty"):
        await restore_backup(tmp_path / "b.tar", world.home, world.settings().database_url)
    with pytest.raises(Conflict, match="not empty"):
        await restore_backup(tmp_path / "b.tar", tmp_path / "new", world.settings().database_url)
    assert not (tmp_path / "new").exists()


def _rewritten(source: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with tarfile.open(source) as archive:
        members = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    change(members)
    target = source.with_name("changed.tar")
    with tarfile.open(target, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target


def _manifest(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        text = members.pop(manifests.NAME)
        members[manifests.NAME] = json.dumps({**json.loads(text), **changes}).encode()

    return change


def _before_the_end(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        text = members.pop(manifests.NAME)
        members.update({name: content, manifests.NAME: text})

    return change


def _rows(table: str, lines: bytes) -> Callable[[dict[str, bytes]], None]:
    """Replace the rows of a table, with the hash that fits them."""

    def change(members: dict[str, bytes]) -> None:
        members[f"database/{table}.jsonl"] = lines
        made = json.loads(members.pop(manifests.NAME))
        made["files"][f"database/{table}.jsonl"] = hashlib.sha256(lines).hexdigest()
        members[manifests.NAME] = json.dumps(made).encode()

    return change


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda members: members.pop(manifests.NAME), Invalid, "not whole"),
        (lambda members: members.update({manifests.NAME: b"{"}), Invalid, "cannot be read"),
        (lambda members: members.update({"../evil": b"x"}), Invalid, "does not belong"),
        (lambda members: members.update({"data/../../evil": b"x"}), Invalid, "does not belong"),
        (lambda members: members.update({"/etc/evil": b"x"}), Invalid, "does not belong"),
        (
            lambda members: members.update({"database/jobs.jsonl": b""}),
            Invalid,
            r"jobs\.jsonl of the backup is damaged",
        ),
        (
            lambda members: members.pop("database/jobs.jsonl"),
            Invalid,
            r"jobs\.jsonl of the backup is missing",
        ),
        (_manifest(revision="9999"), Conflict, "9999.*newer version"),
        (_manifest(schema=2, version="9.9"), Conflict, "Huggins 9.9"),
        (_manifest(surprise=1), Invalid, "surprise"),
        (_manifest(files={"data/x": 1}), Invalid, "no text"),
        (_manifest(files=[]), Invalid, "must be objects"),
        (lambda members: members.update({"data/evil": members.pop("data/evil", b"x")}), Invalid, "goes on"),
        (_before_the_end("data/evil", b"x"), Invalid, r"data/evil.*not in its manifest"),
        (_before_the_end("data/" + "x" * 300, b"x"), Invalid, "File name too long"),
        (_rows("jobs", b"[1]\n"), Invalid, r"jobs\.jsonl.*other columns"),
        (_rows("jobs", b'{"nothing": 1}\n'), Invalid, r"jobs\.jsonl.*holds no rows"),
        (_rows("jobs", b"{" * 100_000), Invalid, r"jobs\.jsonl.*holds no rows"),
    ],
)
async def test_what_is_no_backup_of_ours_leaves_nothing(
    world: World,
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], None],
    error: type[Exception],
    said: str,
) -> None:
    platform, _ = await filled(world)
    await write_backup(world.home, platform.database, tmp_path / "b.tar")
    changed = _rewritten(tmp_path / "b.tar", change)
    home = tmp_path / "new" / "home"
    with pytest.raises(error, match=said):
        await restore_backup(changed, home, f"sqlite:///{home / 'huggins.sqlite'}")
    assert list((tmp_path / "new").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def _member(kind: bytes, name: str, **more: Any) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    for key, value in more.items():
        setattr(member, key, value)
    return member


@pytest.mark.parametrize(
    "member",
    [
        _member(tarfile.SYMTYPE, "data/link", linkname="/etc/passwd"),
        _member(tarfile.LNKTYPE, "data/link", linkname="../../etc/passwd"),
        _member(tarfile.FIFOTYPE, "data/pipe"),
        _member(tarfile.CHRTYPE, "data/device", devmajor=1, devminor=3),
        _member(tarfile.DIRTYPE, "data/folder"),
        _member(tarfile.REGTYPE, "data/bomb", size=2**50),
        _member(
            tarfile.REGTYPE,
            "data/sparse",
            pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": str(2**50), "GNU.sparse.name": "data/s"},
        ),
    ],
    ids=lambda member: member.name,
)
async def test_a_member_that_is_no_file_of_a_backup_leaves_nothing(
    tmp_path: Path, member: tarfile.TarInfo
) -> None:
    file, home = tmp_path / "b.tar", tmp_path / "new" / "home"
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member)
    with pytest.raises(Invalid, match=r"does not belong|larger than the archive|damaged"):
        await restore_backup(file, home, f"sqlite:///{home / 'huggins.sqlite'}")
    assert list((tmp_path / "new").iterdir()) == []


async def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"x" * 2000)
    with pytest.raises(Invalid, match=r"b\.tar is no backup"):
        await restore_backup(
            tmp_path / "b.tar", tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'x.sqlite'}"
        )


async def _columns(file: Path, revision: str) -> dict[str, set[str]]:
    """Return the columns of each table in the schema of an earlier version."""
    database = Database(f"sqlite:///{file}")
    await database.migrate(revision)
    there = MetaData()
    async with database.read() as connection:
        await connection.run_sync(there.reflect)
    await database.close()
    return {table.name: set(table.columns.keys()) for table in there.sorted_tables}


async def test_an_older_schema_is_migrated(world: World, tmp_path: Path) -> None:
    platform, named = await filled(world)
    await write_backup(world.home, platform.database, tmp_path / "b.tar")
    known = await _columns(tmp_path / "old.sqlite", "0013")

    def older(members: dict[str, bytes]) -> None:
        made = json.loads(members.pop(manifests.NAME))
        for name in [name for name in members if name.startswith("database/")]:
            table = name.removeprefix("database/").removesuffix(".jsonl")
            rows = [json.loads(line) for line in members.pop(name).splitlines()]
            del made["files"][name]
            if table not in known:
                del made["rows"][table]
                continue
            kept = [{column: row[column] for column in row if column in known[table]} for row in rows]
            members[name] = "".join(json.dumps(row) + "\n" for row in kept).encode()
            made["files"][name] = hashlib.sha256(members[name]).hexdigest()
        members[manifests.NAME] = json.dumps({**made, "revision": "0013"}).encode()

    home = tmp_path / "new" / "home"
    await restore_backup(_rewritten(tmp_path / "b.tar", older), home, f"sqlite:///{home / 'huggins.sqlite'}")
    other = World(home, accounts=None)
    try:
        platform = await other.platform()
        assert (await platform.jobs.get(named["ended"])).phase == Phase.COMPLETED
        assert not await platform.accounts.exist()
    finally:
        await other.close()


async def test_what_is_wrong_with_a_home_is_found(world: World) -> None:
    platform, named = await filled(world)
    home = world.home
    artefact = next((home / "jobs" / named["ended"]).rglob("weights.bin"))
    artefact.write_text("changed")
    log = next((home / "jobs" / named["ended"]).rglob("log.txt"))
    log.unlink()
    (home / "data" / "1zzzzzzzzzzzzz").mkdir()
    found = {(one.fault, one.what) async for one in check(home, platform.database)}
    assert found == {
        (Fault.CHANGED, str(artefact.relative_to(home))),
        (Fault.CHANGED, f"models/{named['model']}"),  # whose files are the artefacts'
        (Fault.MISSING, str(log.relative_to(home))),
        (Fault.ORPHAN, "data/1zzzzzzzzzzzzz"),
    }
    fast = {one.fault async for one in check(home, platform.database, hashes=False)}
    assert fast == {Fault.MISSING, Fault.ORPHAN}


async def test_a_manifest_says_what_it_is() -> None:
    made = manifests.Manifest("1", "0017", "now", "/home", {"jobs": 1}, {"data/a": "0"})
    assert manifests.Manifest.from_bytes(made.to_bytes()) == made
    assert replace(made, version="2") != made

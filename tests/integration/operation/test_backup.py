"""Backups while much goes on, kills at every stage, full disks, and what comes of it elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard.auth.identity import OWNER
from dashboard.base.ids import new_identifier
from dashboard.cli.api import connect
from dashboard.cli.server import serving
from dashboard.database.tables import dataset_files
from dashboard.jobs.job import JobFilter, Phase
from dashboard.platform import Platform
from dashboard.settings import NodeSettings, ServerSettings, Settings
from tests.integration.jobs.toy_platform import ToyWorld
from tests.integration.operation.home import contents, faults, huggins, killed
from tests.integration.postgresql import new_database
from tests.platform.world import add_dataset, submit

RUNNING = 20
SMALL = {"cpus": 0.05, "memory_mb": 64}
WAITS = 5  # epochs by which a toy waits for a file `go`
BACKUP_POINTS = (
    ("dashboard.backup.rows:lines", 1),
    ("dashboard.backup.rows:lines", 8),
    ("dashboard.backup.writer:_archive", 1),
    ("dashboard.backup.writer:_add", 20),
    ("dashboard.backup.writer:Manifest.to_bytes", 1),
    ("dashboard.backup.writer:os.fsync", 1),
)
RESTORE_POINTS = (
    ("dashboard.backup.restore:unpack", 1),
    ("dashboard.backup.unpacking:_write", 20),
    ("dashboard.backup.unpacking:_compare", 1),
    ("dashboard.backup.restore:Database.migrate", 1),
    ("dashboard.backup.rows:load", 1),
    ("dashboard.backup.rows:_count_on", 5),
    ("dashboard.backup.rows:settle", 1),
    ("pathlib:Path.rename", 1),
)


async def _until_running(platform: Platform, count: int) -> None:
    async with asyncio.timeout(120):
        while (await platform.jobs.list(JobFilter(phases=(Phase.EXECUTING,)), identity=OWNER)).total < count:
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def _uploading(platform: Platform, dataset: str) -> AsyncIterator[list[str]]:
    """Upload files without end, one after the other; give the paths of those that arrived."""
    arrived: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield os.urandom(20_000)
            await asyncio.sleep(0)

    async def always() -> None:
        while True:
            path = f"{len(arrived):05}.bin"
            await platform.data.upload(dataset, path, body(), None, identity=OWNER)
            arrived.append(path)

    task = asyncio.create_task(always())
    try:
        yield arrived
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_backup_while_20_jobs_run_and_uploads_go_on(
    tmp_path: Path, postgresql: Path, kind: str
) -> None:
    urls = (
        [await new_database(postgresql), await new_database(postgresql)] if kind == "postgresql" else ["", ""]
    )
    world = ToyWorld(tmp_path / "home", url=urls[0])
    platform = await world.toy_platform()
    dataset, growing = await add_dataset(platform), (await platform.data.create("growing", OWNER)).id
    jobs = [
        await submit(platform, dataset, resources=SMALL, parameters={"epochs": WAITS}, label=f"n{number}")
        for number in range(RUNNING)
    ]
    await _until_running(platform, RUNNING)
    async with _uploading(platform, growing) as arrived:
        async with asyncio.timeout(60):
            while len(arrived) < 10:
                await asyncio.sleep(0.05)
        before = list(arrived)
        done = await huggins(world.home, "backup", str(tmp_path / "b.tar"), HUGGINS_DATABASE_URL=urls[0])
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(arrived) > len(before)  # it did not stop them
    assert not [job for job in jobs if (await platform.jobs.get(job.id)).final]
    home = tmp_path / "elsewhere" / "home"
    done = await huggins(home, "restore", str(tmp_path / "b.tar"), HUGGINS_DATABASE_URL=urls[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert {fault for fault, _ in await faults_after_start(home, urls[1], growing, before)} <= {"orphan"}
    await _finish(world, platform, [job.id for job in jobs])


async def faults_after_start(home: Path, url: str, growing: str, before: list[str]) -> set[tuple[str, str]]:
    """Start the restored platform on another port, look at everything in it, and check it."""
    settings = Settings(
        home=home, server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")}
    )
    settings = settings if not url else _with_database(settings, url)
    async with serving(settings) as served, connect(served.connection) as api:
        listed = (await api.get("/jobs", size=100))["jobs"]
        assert len(listed) == RUNNING
        assert {job["phase"] for job in listed} == {"ERROR"}
        assert all("restored from a backup" in job["reason"] for job in listed)
        async with served.platform.database.read() as connection:
            rows = (await connection.execute(select(dataset_files))).mappings().all()
        kept = {row["path"] for row in rows if row["dataset"] == growing and row["sha256"]}
        assert set(before) <= kept
        for row in rows:
            file = home / "data" / row["dataset"] / "files" / row["path"]
            if row["sha256"]:
                assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
        return await faults(home, HUGGINS_DATABASE_URL=url)


def _with_database(settings: Settings, url: str) -> Settings:
    return replace(settings, database=replace(settings.database, url=url))


async def _finish(world: ToyWorld, platform: Platform, jobs: list[str]) -> None:
    for job in jobs:
        await platform.abort(job, OWNER)
    async with asyncio.timeout(120):
        while any([not (await platform.jobs.get(job)).final for job in jobs]):
            await asyncio.sleep(0.1)
    await world.close()


@pytest.mark.parametrize(("point", "number"), BACKUP_POINTS)
async def test_a_killed_backup_leaves_nothing_visible_and_the_next_one_works(
    used_home: Path, tmp_path: Path, point: str, number: int
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    target = folder / "b.tar"
    await killed(point, number, used_home, "backup", str(target))
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
    done = await huggins(used_home, "backup", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in folder.iterdir()] == ["b.tar"]
    await _restored(target, used_home, tmp_path)


async def _restored(file: Path, of: Path, tmp_path: Path) -> None:
    home = tmp_path / new_identifier() / "home"
    done = await huggins(home, "restore", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(home) == contents(of)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("point", "number"), RESTORE_POINTS)
async def test_a_killed_restoring_leaves_nothing_visible_and_the_next_one_works(
    used_home: Path, tmp_path: Path, postgresql: Path, point: str, number: int, kind: str
) -> None:
    url = await new_database(postgresql) if kind == "postgresql" else ""
    file, home = tmp_path / "b.tar", tmp_path / "elsewhere" / "home"
    await huggins(used_home, "backup", str(file))
    await killed(point, number, home, "restore", str(file), HUGGINS_DATABASE_URL=url)
    assert not home.exists()
    done = await huggins(home, "restore", str(file), HUGGINS_DATABASE_URL=url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in home.parent.iterdir()] == ["home"]
    assert contents(home) == contents(used_home)
    again = await huggins(tmp_path / "third" / "home", "restore", str(file), HUGGINS_DATABASE_URL=url)
    if url:  # what is restored is not overwritten, although nothing has run on it yet
        assert (again.returncode, "is not empty" in again.stderr) == (1, True)


async def test_a_full_disk_in_the_middle_of_a_backup_or_a_restoring(
    used_home: Path, tmp_path: Path, disk: Callable[[str, int], Path]
) -> None:
    full = disk("small", 4)
    done = await huggins(used_home, "backup", str(full / "b.tar"))
    assert done.returncode == 1
    assert "has no room for the backup" in done.stderr
    assert list(full.iterdir()) == []
    await huggins(used_home, "backup", str(tmp_path / "b.tar"))
    done = await huggins(full / "home", "restore", str(tmp_path / "b.tar"))
    assert done.returncode == 1
    assert "has no room for the backup" in done.stderr
    assert list(full.iterdir()) == []


async def test_a_backup_of_a_newer_version_and_one_without_spectra(used_home: Path, tmp_path: Path) -> None:
    file, newer = tmp_path / "b.tar", tmp_path / "newer.tar"
    done = await huggins(used_home, "backup", "--without-spectra", str(file))
    assert done.returncode == 0, done.stderr
    with tarfile.open(file) as archive, tarfile.open(newer, "w") as written:
        assert not [name for name in archive.getnames() if "/files/" in name]
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            if member.name == "manifest.json":
                made = {**json.loads(content.read()), "revision": "9999", "version": "99.1"}
                text = json.dumps(made).encode()
                member.size, content = len(text), io.BytesIO(text)
            written.addfile(member, content)
    home = tmp_path / "elsewhere" / "home"
    done = await huggins(home, "restore", str(newer))
    assert done.returncode == 1
    assert "made by Huggins 99.1" in done.stderr
    assert "newer version" in done.stderr
    assert not home.exists()
    done = await huggins(home, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert {fault for fault, _ in await faults_of_restored(home)} == {"missing"}


async def faults_of_restored(home: Path) -> set[tuple[str, str]]:
    """Start the restored platform once, then check it."""
    settings = Settings(
        home=home, server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")}
    )
    async with serving(settings):
        return {one for one in await faults(home) if one[0] != "credential"}

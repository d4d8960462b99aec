"""The unit tests of backups over a real PostgreSQL, and restoring from one database into the other."""

from __future__ import annotations

from pathlib import Path

from dashboard.auth.identity import OWNER
from dashboard.backup.restore import restore_backup
from dashboard.backup.writer import write_backup
from dashboard.jobs.job import Phase
from tests.integration.postgresql import new_database
from tests.platform.backup.test_backup import *  # noqa: F403 all of them
from tests.platform.backup.test_backup import contents, filled
from tests.platform.world import World


async def test_a_backup_of_sqlite_is_restored_into_postgresql(tmp_path: Path, postgresql: Path) -> None:
    world = World(tmp_path / "home", accounts=None)
    platform, named = await filled(world)
    await write_backup(world.home, platform.database, tmp_path / "b.tar")
    before = contents(world.home)
    await world.close()
    url = await new_database(postgresql)
    await restore_backup(tmp_path / "b.tar", tmp_path / "elsewhere" / "home", url)
    other = World(tmp_path / "elsewhere" / "home", accounts=None, url=url)
    try:
        assert contents(other.home) == before
        platform = await other.platform()
        assert (await platform.jobs.get(named["ended"])).phase == Phase.COMPLETED
        assert (await platform.jobs.get(named["running"])).phase == Phase.ERROR
        again = await platform.jobs.retry(named["running"], OWNER)
        assert again.phase == Phase.QUEUED  # numbers of rows go on after those that were restored
    finally:
        await other.close()

"""An acquisition whose platform is killed (SIGKILL) while it fetches goes on at the next start."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from dashboard.platform import Platform
from tests.integration.sources.acquired import records_of, spectra_of
from tests.integration.sources.acquiring import settings_of
from tests.platform.acquisition.archive import open_archive, spectrum

FILES = 160
LOST_AT_MOST = 60  # fetched, and not recorded when the platform died: a batch, and what was on its way


async def test_a_platform_that_is_killed_goes_on_and_fetches_little_twice(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with open_archive() as archive:
        archive.files |= {f"s{number:03}.csv": spectrum(number) for number in range(FILES - 1)}
        archive.files["large.csv"] = spectrum(points=60_000)
        archive.delay_s = 0.1
        command = (sys.executable, "-m", "tests.integration.sources.acquiring", str(home), archive.address)
        running = await asyncio.create_subprocess_exec(*command)
        async with asyncio.timeout(60):
            while archive.asked.total() < FILES // 2:
                assert running.returncode is None, "it ended by itself"
                await asyncio.sleep(0.01)
        running.kill()
        assert await running.wait() == -signal.SIGKILL
        before = archive.asked.total()
        assert before < FILES
        archive.delay_s = 0.0
        platform = Platform(settings_of(home))
        await platform.start(supervise=False)
        try:
            identifier = (home / "acquisition").read_text()
            done = await platform.acquisitions.runner.ended(identifier)
            assert (done.state, done.fetched, done.failed) == ("completed", FILES, 0), done
            assert FILES <= archive.asked.total() - 1 <= FILES + LOST_AT_MOST  # the index was asked once
            assert len(await spectra_of(platform, done)) == FILES
            files = platform.data.folder / str(done.dataset)
            for record in await records_of(platform, done):
                assert (files / "files" / record.path).read_bytes() == archive.files[record.name]
            assert not list((files / "parts").glob("*"))
        finally:
            await platform.stop()

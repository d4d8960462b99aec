"""The maintenance from the command line: nothing new is taken, also after a restart, until it is ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

from spectra.synthetic import write_folder
from tests.integration.story.test_command_line import Shell


async def test_a_maintenance_lasts_over_a_restart_until_it_is_ended(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home")
    write_folder(tmp_path / "spectra", 2)
    async with shell.up():
        told = await asyncio.to_thread(shell.run, "admin", "maintenance", "on", "--text", "New disks.")
        assert "is on" in told
        denied = await asyncio.to_thread(shell.run, "data", "add", str(tmp_path / "spectra"), fails=True)
        assert "under maintenance" in denied
        assert "New disks." in denied
    async with shell.up():
        assert "is on" in await asyncio.to_thread(shell.run, "admin", "maintenance", "status")
        assert "is off" in await asyncio.to_thread(shell.run, "admin", "maintenance", "off")
        await asyncio.to_thread(shell.run, "data", "add", str(tmp_path / "spectra"))

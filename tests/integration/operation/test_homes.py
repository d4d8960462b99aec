"""Homes that cannot be written, and the documented unit of systemd."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import main
from dashboard.cli.commands.admin import UNITS
from tests.conftest import ROOT, unavailable
from tests.integration.operation.home import huggins

PROCESS = {"HUGGINS_NODES_LOCAL_KIND": "process", "HUGGINS_SERVER_PORT": "0"}


async def test_up_says_what_to_do_on_a_full_disk(disk: Callable[[str, int], Path]) -> None:
    folder = disk("full", 1)
    (folder / "fill").write_bytes(b"x" * (2**20 - 8192))
    done = await huggins(folder / "home", "up", **PROCESS)
    assert done.returncode == 1
    assert "full" in done.stderr
    assert "ree some space" in done.stderr
    assert "Traceback" not in done.stderr


async def test_up_says_what_to_do_on_a_disk_that_can_only_be_read(disk: Callable[[str, int], Path]) -> None:
    folder = disk("closed", 8)
    (folder / "home").mkdir()
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", folder], check=True)
    for home in (folder / "home", folder / "new"):
        done = await huggins(home, "up", **PROCESS)
        assert done.returncode == 1
        assert "cannot be written: read-only file system" in done.stderr
        assert "HUGGINS_HOME" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("service", sorted(UNITS))
def test_systemd_takes_the_units_that_are_printed(tmp_path: Path, service: str) -> None:
    program = shutil.which("systemd-analyze") or unavailable("systemd-analyze")
    unit = CliRunner().invoke(main, ["admin", "unit", service]).output
    if service == "up":
        text = (ROOT / "docs" / "operating.md").read_text("utf-8")
        assert re.findall(r"^```ini\n(.*?)^```", text, re.MULTILINE | re.DOTALL) == [unit]
    assert f"/opt/huggins/bin/huggins {service}" in unit
    file = tmp_path / UNITS[service].replace("@", "@north")
    for documented, present in {"/opt/huggins/bin/huggins": "/bin/true", "User=huggins": "User=root"}.items():
        unit = unit.replace(documented, present)
    file.write_text(unit)
    done = subprocess.run([program, "verify", file], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if file.name in line]
    assert (done.returncode, said) == (0, [])

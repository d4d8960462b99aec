"""What a job used is counted once, also when the platform is killed while it runs."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.base import clock

PROGRAM = "tests.integration.jobs.toy_platform"
PATIENCE_S = 120


def run(home: Path, *point: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", PROGRAM, str(home), "3", *point]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize(
    "point", ["intended", "folder-written", "executing-recorded", "end-seen", "end-recorded"]
)
def test_hours_are_counted_once_whenever_the_platform_is_killed(tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    assert run(home, point).returncode < 0
    done = run(home)
    assert done.returncode == 0, done.stderr
    assert "I have nothing to say to exit.json" in json.loads(done.stdout)["reason"]  # it did run
    with sqlite3.connect(home / "huggins.sqlite") as database:
        rows = database.execute("select owner, cpus, started, ended from resource_usage").fetchall()
        [ended] = database.execute("select ended from attempts").fetchone()
    database.close()
    assert len(rows) == 1
    owner, cpus, started, until = rows[0]
    assert (owner, cpus) == ("owner", 1)
    assert started < until <= clock.now()
    assert until <= ended or until[:19] == ended[:19]

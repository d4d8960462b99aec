"""Homes with something in them, and the commands that a person runs on them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.integration.story.test_demo import HUGGINS

RUNS_WITHIN_S = 120


async def huggins(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a home."""
    return await asyncio.to_thread(_run, [str(HUGGINS)], home, arguments, environment)


async def killed(point: str, number: int, home: Path, *arguments: str, **environment: str) -> None:
    """Run the command line until it is killed at a point."""
    command = [sys.executable, "-m", "tests.integration.operation.killed", point, str(number)]
    done = await asyncio.to_thread(_run, command, home, arguments, environment)
    assert done.returncode == -9, f"{point} was not reached: {done.stdout}{done.stderr}"


def _run(
    command: list[str], home: Path, arguments: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUGGINS_")}
    return subprocess.run(
        [*command, *arguments],
        env={**own, "HUGGINS_HOME": str(home), "COLUMNS": "1000", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUNS_WITHIN_S,
        check=False,
    )


async def faults(home: Path, **environment: str) -> set[tuple[str, str]]:
    """Return what `huggins check` finds."""
    done = await huggins(home, "check", "--json", **environment)
    assert done.returncode in {0, 1}, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return {(one["fault"], one["what"]) for one in told["faults"]}


def contents(home: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a backup holds."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in ("data", "models", "jobs")
        for path in sorted((home / top).rglob("*"))
        if path.is_file() and not path.is_symlink() and "parts" not in path.parts
    }

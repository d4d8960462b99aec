"""Job folders for tests, and the batch entry as a real process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unit.deepaas_plugins.halpha import cycle, write_files


def job_folder(folder: Path, module: str = "rdf", rows: int = 36, **changes: Any) -> Path:
    """Make a job folder with synthetic spectra; `changes` go into ``job.json``."""
    write_files(folder / "in", cycle(rows))
    job = {
        "schema": 1,
        "job": "job-1",
        "attempt": "attempt-1",
        "action": "train",
        "module": module,
        "module_version": "0.1.0",
        "image": "sha256:0",
        "parameters": {},
        "recipe": None,
        "input": {
            "kind": "spectra",
            "path": "in/data",
            "manifest": "in/manifest.csv",
            "name": "profiles",
            "sha256": "0" * 64,
            "synthetic": True,
        },
        "resources": {"cpus": 1, "memory_mb": 2048, "gpus": 0, "walltime_s": 600},
    }
    (folder / "job.json").write_text(json.dumps(job | changes))
    return folder


@contextmanager
def batch(folder: Path, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run the batch entry in a job folder; killed if it outlives the test."""
    command = [sys.executable, "-m", "deepaas_plugins.batch"]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def run_batch(folder: Path) -> dict[str, Any]:
    """Run the batch entry to its end; return ``exit.json``, whose code must be the process's."""
    with batch(folder) as process:
        code = process.wait(120)
    end: dict[str, Any] = json.loads((folder / "out" / "exit.json").read_text())
    assert end["exit_code"] == code
    return end


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a ``.jsonl`` file that are complete."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until the condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing within {seconds} s")

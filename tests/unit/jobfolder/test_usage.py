"""What a run uses: processor time and memory of its processes, and its GPUs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobfolder import usage

BUSY = "import sys; held = bytearray(80 << 20); n = sum(range(3_000_000)); print(flush=True); input()"


def test_children_count_while_they_run_and_after_they_ended() -> None:
    before = usage.sample()
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=-1, stdout=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with_child = usage.sample()
        alone = usage.sample(child.pid)
        child.communicate(b"\n")
    after = usage.sample()
    assert alone["memory_mb"] > 80
    assert with_child["memory_mb"] > before["memory_mb"] + 70
    assert with_child["cpu_s"] >= before["cpu_s"] + alone["cpu_s"] - 0.05
    assert after["cpu_s"] >= with_child["cpu_s"]  # of a child that ended, too
    assert after["memory_mb"] < with_child["memory_mb"] - 70


def test_other_processes_do_not_count() -> None:
    assert usage.sample(os.getppid())["cpu_s"] >= usage.sample()["cpu_s"] > 0
    assert usage.sample(2**22 + 1)["cpu_s"] == 0


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("40, 1000\n20, 500\n", {"gpu_percent": 30.0, "gpu_memory_mb": 1500.0}),
        ("[N/A], 3\n", {}),
        ("", {}),
        ("1\n", {}),
    ],
)
def test_gpus_are_asked_of_the_drivers_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, told: dict[str, float]
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = usage.sample()
    assert {name: value for name, value in found.items() if name.startswith("gpu")} == told

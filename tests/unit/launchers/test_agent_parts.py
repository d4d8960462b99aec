"""What is sent to other machines."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launchers.agent_connection import PARTS
from tests.conftest import ROOT


@pytest.mark.parametrize("program", ["slurm_agent", "slurm_job", "udocker_agent"])
def test_a_program_needs_nothing_but_python_and_what_is_sent_with_it(program: str, tmp_path: Path) -> None:
    (tmp_path / "launchers").mkdir()
    for part in PARTS:
        shutil.copy(ROOT / "launchers" / f"{part}.py", tmp_path / "launchers")
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, sys.argv[1]); import launchers." + program,
    ]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

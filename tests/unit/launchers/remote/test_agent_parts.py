"""What is sent to other machines."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launchers.remote.connection import FOLDERS
from tests.conftest import ROOT


@pytest.mark.parametrize("program", ["slurm.agent", "slurm.job", "udocker.agent"])
def test_a_program_needs_nothing_but_python_and_what_is_sent_with_it(program: str, tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
        for file in (ROOT / folder).glob("*.py"):
            shutil.copy(file, tmp_path / folder)
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, sys.argv[1]); import launchers." + program,
    ]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

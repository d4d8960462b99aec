"""The commands of the README and of the guide to active learning work as they stand there."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.integration.story.test_command_line import Shell

TESTED = re.compile(r"<!-- tested -->\n```bash\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(
    ("document", "said"), [("README.md", "COMPLETED"), ("docs/active_learning.md", "finished")]
)
async def test_the_commands_of_a_document_run_in_order(tmp_path: Path, document: str, said: str) -> None:
    blocks = TESTED.findall((ROOT / document).read_text())
    assert blocks
    shell = Shell(tmp_path / "home")
    environment = {**shell.environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    async with shell.up():
        for block in blocks:
            done = await asyncio.to_thread(
                subprocess.run, ["bash", "-euo", "pipefail", "-c", block], env=environment, cwd=tmp_path,
                capture_output=True, text=True, timeout=500, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
            assert said in done.stdout


def test_every_folder_of_the_readme_exists_and_every_link_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    for folder in re.findall(r"^\| `([a-z_]+)/`", text, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / link).exists(), link


def test_make_runs_what_the_readme_says() -> None:
    targets = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", targets, re.MULTILINE), target

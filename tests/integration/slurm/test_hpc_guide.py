"""The commands of docs/hpc.md work as they stand there, on the real cluster as its ordinary user."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT
from tests.integration.cluster import KEY, KNOWN_HOSTS, TARBALL, URL, require_slurm, user_home
from tests.integration.images import catalog_of
from tests.integration.story.test_command_line import Shell

pytestmark = [pytest.mark.slurm, pytest.mark.docker]

GUIDE = (ROOT / "docs" / "hpc.md").read_text()
BLOCK = r"<!-- {} -->\n```{}\n(.*?)```"


def blocks(mark: str, language: str = "bash") -> list[str]:
    found = re.findall(BLOCK.format(mark, language), GUIDE, re.DOTALL)
    assert found, mark
    return found


def person(home: Path) -> dict[str, str]:
    """Make the home of a person who can log in, as section 1 of the guide says."""
    login = urlsplit(URL)
    (home / ".ssh").mkdir(parents=True)
    (home / "bin").mkdir()
    # OpenSSH looks for its configuration where the user database says, whatever HOME is.
    (home / "bin" / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {home}/.ssh/config "$@"\n')
    (home / "bin" / "ssh").chmod(0o755)
    (home / ".ssh" / "config").write_text(
        f"Host login.example.org\n    HostName {login.hostname}\n    Port {login.port}\n"
        f"    User {login.username}\n"
        f"    IdentityFile {KEY}\n    UserKnownHostsFile {KNOWN_HOSTS}\n"
    )
    return {
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


@pytest.fixture
def fresh_account() -> Iterator[Path]:
    """Give what Huggins will make in the user's home on the cluster, where nothing may be of it yet."""
    require_slurm()
    place = user_home() / "huggins"
    shutil.rmtree(place, ignore_errors=True)
    yield place
    shutil.rmtree(place, ignore_errors=True)


async def test_the_guide_leads_from_a_fresh_account_to_a_trained_model(
    module_images: str, fresh_account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path / "platform")
    shell.environment |= {**person(tmp_path / "home"), "HUGGINS_NODES_CLUSTER_UDOCKER_TARBALL": TARBALL}
    shell.environment["HUGGINS_MODULES_FOLDER"] = catalog_of(tmp_path / "modules", "preprocessing", "rdf")
    (tmp_path / "huggins.toml").write_text(blocks("huggins.toml", "toml")[0])

    async def follow(block: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-euo", "pipefail", "-c", block], env=shell.environment, cwd=tmp_path,
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    checks, training, parts = blocks("tested")
    assert "slurm-wlm" in await follow(checks)
    async with shell.up():
        printed = await follow(training)
        in_parts = await follow(parts)
    assert printed.count("COMPLETED") >= 2, printed
    assert "COMPLETED" in in_parts
    assert [*(fresh_account / "images").glob("*.json")]
    await follow(blocks("tested at the end")[0])
    assert (await follow("ssh login.example.org ls")).split().count("huggins") == 0

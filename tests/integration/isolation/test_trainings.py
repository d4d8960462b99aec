"""Jobs of the platform's own modules, from inside: no network, nor in the processes that they start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepaas_plugins.contract.registry import is_own

#: The batch entry, with an action that tries what it can reach.
JOB = """
import json, multiprocessing, os, pathlib, sys
from deepaas_plugins import batch
from deepaas_plugins.job import train
from tests.integration.isolation.probes import reached

def probe(folder, run):
    given = int(os.environ["PORT"]), str(folder.path / "job.json"), str(folder.path / "job.json")
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        found = {"job": reached(*given), "process": pool.apply(reached, given)}
    (folder.out / "found.json").write_text(json.dumps(found))
    return "Done."

if __name__ == "__main__":
    train.run_training = probe
    sys.exit(batch.main())
"""
NETWORK = ("connect", "socket in C", "http")


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def run(folder: Path, module: str, port: int) -> dict[str, dict[str, str]]:
    job = {"schema": 1, "attempt": "a-1", "action": "train", "module": module}
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "entry.py").write_text(JOB)
    environment = os.environ | {"PORT": str(port), "PYTHONPATH": str(Path.cwd())}
    subprocess.run([sys.executable, "entry.py"], cwd=folder, env=environment, check=True, timeout=300)
    found: dict[str, dict[str, str]] = json.loads((folder / "out" / "found.json").read_text())
    return found


def test_a_job_of_an_own_module_has_no_network_nor_has_what_it_starts(tmp_path: Path, port: int) -> None:
    found = run(tmp_path, "rdf", port)
    if "does NOT close the network" in (tmp_path / "out" / "log.txt").read_text():
        pytest.skip("this kernel has no seccomp")
    for where, ways in found.items():
        for way in NETWORK:
            assert "Permission denied" in ways[way], (where, way, ways[way])
        assert ways["own input"].startswith("REACHED")


def test_a_module_of_others_is_left_to_its_container(tmp_path: Path, port: int) -> None:
    assert is_own("rdf")
    assert not is_own("somebody-elses")
    assert run(tmp_path, "somebody-elses", port)["job"]["socket in C"].startswith("REACHED")

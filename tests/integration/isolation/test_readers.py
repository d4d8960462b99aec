"""Readers of the platform and workers of our methods, from inside: no network, no file beyond the input."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dashboard.data.isolated.process_pool import ProcessPool
from spectra.isolation import landlock
from tests.conftest import unavailable
from tests.contract.deepaas.servers import OURS, serving
from tests.integration.isolation.probes import reached

ALLOWED = {"own input", "temporary file"}
WORKER = """
import json, sys
from pathlib import Path
from deepaas_plugins.serve.worker.process import load
module = load("rdf")
from tests.integration.isolation.probes import reached
module.isolate(Path(sys.argv[1]))
folder = Path(sys.argv[1]) / "1"
found = {}
port, secret, mine = int(sys.argv[2]), sys.argv[3], str(folder / "a.txt")
module._reader.call(lambda: found.update(spooled=reached(port, secret, mine)), folder)
found["small"] = reached(port, mine, sys.argv[4] + "/model.json")
found["command"] = Path("/proc/self/cmdline").read_bytes().decode("utf-8", "replace")[:6]
print(json.dumps(found))
"""


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.fixture
async def processes() -> AsyncIterator[ProcessPool]:
    if not landlock.version():
        unavailable("a kernel with Landlock")
    made = ProcessPool(1)
    yield made
    await made.stop()


def check(found: dict[str, str]) -> None:
    assert {way for way, said in found.items() if said.startswith("REACHED")} == ALLOWED, found


async def test_a_reader_of_the_platform_reaches_its_input_only(
    processes: ProcessPool, tmp_path: Path, port: int
) -> None:
    (tmp_path / "input.txt").write_text("mine")
    (tmp_path / "other").mkdir()
    secret = tmp_path / "other" / "connection.json"
    secret.write_text("a token")
    mine = tmp_path / "input.txt"
    check(await processes.run(reached, port, str(secret), str(mine), limit_s=120, reads=[mine]))
    # The same process, with another input: what the call before saw is closed.
    check(await processes.run(reached, port, str(mine), str(secret), limit_s=120, reads=[secret]))


def test_a_worker_of_a_method_reaches_its_model_and_input_only(
    trained: Path, tmp_path: Path, port: int
) -> None:
    if not landlock.version():
        unavailable("a kernel with Landlock")
    (tmp_path / "spool" / "1").mkdir(parents=True)
    (tmp_path / "spool" / "1" / "a.txt").write_text("mine")
    secret = tmp_path / "connection.json"
    secret.write_text("a token")
    given = [str(tmp_path / "spool"), str(port), str(secret), str(trained / "model")]
    environment = os.environ | {"HUGGINS_MODEL": str(trained / "model"), "PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run(
        [sys.executable, "-c", WORKER, *given], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(ended.stdout)
    check(found["spooled"])
    check(found["small"])
    assert found["command"]  # TensorFlow ends a process that cannot read it


def test_a_served_method_runs_isolated_and_reads_what_is_spooled(trained: Path, tmp_path: Path) -> None:
    with serving(OURS, "rdf", tmp_path, HUGGINS_MODEL=str(trained / "model")) as server:
        (worker,) = [each for each in server.processes() if "worker.process" in " ".join(each.cmdline())]
        status = Path(f"/proc/{worker.pid}/status").read_text()
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status
        star = next(iter(sorted((trained / "data").glob("*.fits")))).read_bytes()
        for files in ([("data", ("a.fits", star))], [("data", (f"{n}.fits", star)) for n in range(200)]):
            answer = server.predict(files=files)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["predictions"]["results"]) == len(files)
        assert "network closed by the kernel" in server.log()

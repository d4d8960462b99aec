"""A stream of good and bad requests while model processes are killed: everybody gets their own answer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from tests.contract.deepaas.servers import OURS, Server, serving, wait_for
from tests.integration.serving.test_spectra import BAD_BODIES, star

CLIENTS, REQUESTS, KILLS = 16, 60, 4
GOOD = "good"


@pytest.fixture
def server(trained: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that is hurt, without trainings."""
    with serving(OURS, "rdf", tmp_path, "--max-files", "40", HUGGINS_MODEL=str(trained / "model")) as server:
        yield server


def ask(server: Server, session: requests.Session, trained: Path, number: int) -> tuple[str, int]:
    """Send the request of a number: every third is bad. Return its kind and the status."""
    address = f"{server.model}predict/"
    if number % 3:
        content = star(trained, number % 36).read_bytes()
        answer = session.post(address, files={"data": ("s.fits", content)}, timeout=60)
        if answer.ok:
            (result,) = answer.json()["predictions"]["results"]
            assert result["label"] == ("absorption", "double", "emission")[number % 36 % 3]
        return GOOD, answer.status_code
    name = list(BAD_BODIES)[number // 3 % len(BAD_BODIES)]
    return name, session.post(address, timeout=60, **BAD_BODIES[name][1]).status_code


def stream(server: Server, trained: Path, done: threading.Event | None = None) -> Counter[tuple[str, int]]:
    """Let all clients ask, and count the answers by kind of request and status."""

    def client(first: int) -> list[tuple[str, int]]:
        with requests.Session() as session:
            return [ask(server, session, trained, first * 7 + each) for each in range(REQUESTS)]

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = Counter(each for answered in threads.map(client, range(CLIENTS)) for each in answered)
    if done is not None:
        done.set()
    return answers


def expected(name: str) -> int:
    return 200 if name == GOOD else BAD_BODIES[name][0]


def test_bad_bodies_harm_no_neighbour_and_nothing_is_left(server: Server, trained: Path) -> None:
    stream(server, trained)
    memory, processes = server.memory(), len(server.processes())
    answers = stream(server, trained)
    assert {key: status for key, status in answers if status != expected(key)} == {}
    assert len(server.processes()) == processes
    assert not [path for path in server.temporary.rglob("*") if path.is_file()]
    assert server.memory() < 1.1 * memory


def test_killed_models_fail_only_what_they_worked_on(server: Server, trained: Path) -> None:
    done = threading.Event()
    killed = 0

    def kill() -> int:
        """Kill the worker whenever there is a new one that is ready."""
        nonlocal killed
        while killed < KILLS and not done.is_set():
            ready = requests.get(f"{server.base}/health/ready", timeout=30).ok
            workers = psutil.Process(server.process.pid).children()
            if ready and workers:
                workers[0].kill()
                killed += 1
                psutil.wait_procs(workers[:1], timeout=30)
        return killed

    with ThreadPoolExecutor(1) as thread:
        kills = thread.submit(kill)
        answers = stream(server, trained, done)
        assert kills.result() > 0
    wrong = {each: count for each, count in answers.items() if each[1] != expected(each[0])}
    # Those of a batch are tried again, and fail where their second worker is killed too: never more of them
    # than clients that were being answered.
    assert {status for _, status in wrong} <= {503}
    assert sum(wrong.values()) <= killed * CLIENTS
    assert sum(answers.values()) == CLIENTS * REQUESTS
    wait_for(lambda: requests.get(f"{server.base}/health/ready", timeout=30).ok)
    assert server.predict(files={"data": star(trained, 0).read_bytes()}).ok

"""Full queues, dead models, large uploads, stops."""

from __future__ import annotations

import gzip
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.contract.deepaas.servers import OURS, Server, serving, wait_for
from tests.integration.serving.test_spectra import star

TRAIN = "/v2/models/rdf/train/"


@pytest.fixture
def own(trained: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that a test may hurt."""
    with serving(OURS, "rdf", tmp_path, HUGGINS_MODEL=str(trained / "model")) as server:
        yield server


def worker(server: Server) -> psutil.Process:
    (child,) = psutil.Process(server.process.pid).children()
    return child


def metric(server: Server, name: str) -> float:
    lines = requests.get(f"{server.base}/metrics", timeout=10).text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


Send = Callable[[Server, Path], socket.socket]


@pytest.fixture
def send() -> Iterator[Send]:
    """Send predictions and do not await their answers; the connections are closed at the end."""
    with ExitStack() as stack:
        yield lambda server, path: stack.enter_context(sent(server, path))


def sent(server: Server, path: Path) -> socket.socket:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="data"; filename="s.fits"\r\n\r\n' + path.read_bytes()
    )
    body += b"\r\n--b--\r\n"
    head = (
        "POST /v2/models/rdf/predict/ HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(head.encode() + body)
    return connection


def test_a_killed_worker_is_replaced_and_what_waited_is_answered(
    own: Server, trained: Path, send: Send
) -> None:
    worker(own).suspend()
    waiting = [send(own, star(trained, number)) for number in range(6)]
    wait_for(lambda: metric(own, "huggins_queue_spectra") == 5)
    worker(own).kill()
    first = waiting[0].recv(65536)
    assert first.startswith(b"HTTP/1.1 503")
    assert b"Retry-After" in first
    for connection in waiting[1:]:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert metric(own, "huggins_worker_restarts_total") == 1


def test_a_caller_who_left_is_passed_over(own: Server, trained: Path, send: Send) -> None:
    worker(own).suspend()
    first, second, third = (send(own, star(trained, number)) for number in range(3))
    wait_for(lambda: metric(own, "huggins_queue_spectra") == 2)
    before = metric(own, "huggins_batch_spectra_sum")
    second.close()
    # The server sees a closed connection when it looks at it next: any request later than the close will do.
    wait_for(lambda: metric(own, "huggins_requests_active") >= 1)
    worker(own).resume()
    for connection in (first, third):
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert metric(own, "huggins_batch_spectra_sum") - before == 2


def test_a_full_queue_is_503_with_a_time_to_come_back(trained: Path, tmp_path: Path, send: Send) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, "--queue-limit", "3", HUGGINS_MODEL=model) as server:
        worker(server).suspend()
        waiting = [send(server, star(trained, number)) for number in range(4)]
        wait_for(lambda: metric(server, "huggins_queue_spectra") == 3)
        answer = server.predict(files={"data": star(trained, 5).read_bytes()})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        worker(server).resume()
        for connection in waiting:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_stop_finishes_what_was_asked_and_leaves_nothing(own: Server, trained: Path, send: Send) -> None:
    processes = own.processes()
    worker(own).suspend()
    waiting = [send(own, star(trained, number)) for number in range(4)]
    wait_for(lambda: metric(own, "huggins_queue_spectra") == 3)
    own.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "Stopping" in own.log())
    processes[1].resume()
    for connection in waiting:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert own.process.wait(30) == 0
    assert psutil.wait_procs(processes[1:], timeout=30)[1] == []
    assert not list(own.temporary.rglob("*"))


def test_a_prediction_that_takes_too_long_is_ended(trained: Path, tmp_path: Path) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, "--predict-timeout", "0.5", HUGGINS_MODEL=model) as server:
        worker(server).suspend()
        answer = server.predict(files={"data": star(trained, 0).read_bytes()})
        assert answer.status_code == 503
        assert "it took longer than 0.5 s" in answer.json()["detail"]
        assert server.predict(files={"data": star(trained, 0).read_bytes()}).ok


def test_a_body_that_does_not_arrive_is_408(trained: Path, tmp_path: Path) -> None:
    with serving(
        OURS, "rdf", tmp_path, "--upload-timeout", "0.5", HUGGINS_MODEL=str(trained / "model")
    ) as server:
        head = b"POST /v2/models/rdf/predict/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/fits\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(head + b"Content-Length: 9\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 408")


def test_a_packed_body_is_unpacked_within_the_limit(trained: Path, tmp_path: Path) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, "--client-max-size", "20000000", HUGGINS_MODEL=model) as server:
        headers = {"Content-Type": "application/fits", "Content-Encoding": "gzip"}
        small = gzip.compress(star(trained, 2).read_bytes())
        assert (
            server.predict(data=small, headers=headers).json()["predictions"]["results"][0]["label"]
            == "emission"
        )
        before = server.memory()
        bomb = gzip.compress(bytes(900_000_000), 9)
        assert len(bomb) < 2**20
        assert server.predict(data=bomb, headers=headers).status_code in {400, 413}
        assert server.most_memory() - before < 100e6


def test_a_body_over_the_limit_is_413_whether_it_says_so_or_not(trained: Path, tmp_path: Path) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, "--client-max-size", "3000000", HUGGINS_MODEL=model) as server:
        headers = {"Content-Type": "application/fits"}
        assert server.predict(data=bytes(3_000_001), headers=headers).status_code == 413

        def chunks() -> Iterator[bytes]:
            for _ in range(40):
                yield bytes(100_000)

        with suppress(
            requests.ConnectionError
        ):  # the server may close before all is sent; what counts is that nothing stays
            assert server.predict(data=chunks(), headers=headers).status_code == 413
        assert server.predict(files={"data": star(trained, 0).read_bytes()}).ok
        assert not [path for path in server.temporary.rglob("*") if path.is_file()]


def test_a_full_spool_is_503_and_what_was_spooled_is_removed(trained: Path, tmp_path: Path) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, "--spool-limit", "2500000", HUGGINS_MODEL=model) as server:
        headers = {"Content-Type": "application/fits"}
        answer = server.predict(data=bytes(3_000_000), headers=headers)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert metric(server, "huggins_spool_bytes") == 0
        assert not [path for path in server.temporary.rglob("*") if path.is_file()]
        assert server.predict(data=bytes(2_000_000), headers=headers).status_code == 422


def test_metrics_tell_of_requests_latency_batches_queue_and_restarts(own: Server, trained: Path) -> None:
    assert own.predict(files={"data": star(trained, 0).read_bytes()}).ok
    assert own.predict(files={"data": b""}).status_code == 422
    text = requests.get(f"{own.base}/metrics", timeout=10).text
    route = 'route="/v2/models/{model}/predict/"'
    for status in ("200", "422"):
        assert f'huggins_requests_total{{{route},method="POST",status="{status}"}} 1\n' in text
    assert f"huggins_request_seconds_count{{{route}}} 2\n" in text
    names = {line.split()[2]: line.split()[3] for line in text.splitlines() if line.startswith("# TYPE")}
    assert names == {
        "huggins_requests_total": "counter",
        "huggins_worker_restarts_total": "counter",
        "huggins_requests_active": "gauge",
        "huggins_spool_bytes": "gauge",
        "huggins_queue_spectra": "gauge",
        "huggins_workers_ready": "gauge",
        "huggins_batch_limit": "gauge",
        "huggins_request_seconds": "histogram",
        "huggins_batch_spectra": "histogram",
        "huggins_queue_wait_seconds": "histogram",
    }
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+', line), (
            line
        )


def test_without_a_model_the_server_says_that_it_is_its_own_fault(tmp_path: Path, trained: Path) -> None:
    with serving(OURS, "rdf", tmp_path, HUGGINS_MODEL=str(tmp_path / "none")) as server:
        answer = server.predict(files={"data": star(trained, 0).read_bytes()})
        assert answer.status_code == 503
        assert "holds no model" in answer.json()["detail"]


class Unready(Server):
    """A server whose module cannot start: it is waited for until it lives."""

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.base}/health/live", timeout=5).ok
        except requests.ConnectionError:
            return False


def test_a_module_that_does_not_start_says_why(tmp_path: Path) -> None:
    server = Unready(OURS, "nobody", tmp_path)
    try:
        wait_for(lambda: "No module 'nobody' is installed" in _get(f"{server.base}/health/ready")["detail"])
        for answer in (server.predict(files={"data": b"x"}), requests.get(server.model, timeout=30)):
            assert answer.status_code == 503
            assert "No module 'nobody' is installed" in answer.json()["detail"]
    finally:
        server.stop()


def test_the_http_process_imports_neither_numpy_nor_a_module() -> None:
    code = (
        "import sys, deepaas_plugins.serve.http.server, deepaas_plugins.serve.__main__; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"numpy", "sklearn", "astropy", "spectra", "marshmallow", "pyarrow"}.isdisjoint(loaded)


def test_a_training_keeps_progress_log_and_model(own: Server, trained: Path) -> None:
    given = {"input": str(trained / "data"), "labels": str(trained / "manifest.csv"), "trees": 10, "folds": 0}
    uuid = own.call("POST", TRAIN, params=given).json()["uuid"]
    assert own.predict(files={"data": star(trained, 0).read_bytes()}).ok
    state = wait_for(lambda: (now := own.call("GET", TRAIN + uuid).json())["status"] != "running" and now)
    assert state["status"] == "done", state
    progress = own.call("GET", f"{TRAIN}{uuid}/progress").json()
    assert progress["progress"][-1]["phase"] == "save"
    artefacts = {each["path"] for each in own.call("GET", f"{TRAIN}{uuid}/artefacts").json()["artefacts"]}
    assert {"model/model.json", "model/forest.skops", "report/report.json"} <= artefacts
    card = own.call("GET", f"{TRAIN}{uuid}/artefacts/model/model.json").json()
    assert card["method"] == "rdf"
    for outside in ("../record.json", "%2e%2e/record.json", "..%2frecord.json", "a%00b", "a" * 300):
        assert own.call("GET", f"{TRAIN}{uuid}/artefacts/{outside}").status_code == 404
    assert "spectra, 140 columns" in own.call("GET", f"{TRAIN}{uuid}/log").text


def _get(address: str) -> Any:
    return requests.get(address, timeout=30).json()

"""The client of deployments, against a server that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deploy.client import Deployment, PredictionError

ANSWER = {
    "status": "OK",
    "predictions": {"results": [{"name": "a", "label": "Be"}], "rejected": [], "model": {}},
}


class Told(ThreadingHTTPServer):
    """Answers what it is told to, the last for ever; keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.answers: list[tuple[int, dict[str, str], Any]] = [(200, {}, ANSWER)]
        self.asked: list[SimpleNamespace] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/deployments/be-stars"


class Asked(BaseHTTPRequestHandler):
    server: Told

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(SimpleNamespace(path=self.path, headers=self.headers, body=body))
        status, headers, answer = self.server.answers[0]
        self.server.answers = self.server.answers[1:] or self.server.answers
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        pass


@pytest.fixture
def server() -> Iterator[Told]:
    made = Told()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_what_is_busy_or_starting_is_asked_again(server: Told) -> None:
    server.answers[:0] = [
        (503, {"Retry-After": "0"}, {"detail": "starting"}),
        (429, {"Retry-After": "0"}, {}),
    ]
    assert Deployment(server.address).predict(([1.0], [2.0])).results[0]["label"] == "Be"
    assert len({asked.body for asked in server.asked}) == 1
    assert len(server.asked) == 3


def test_patience_ends_before_it_would_wait_too_long(server: Told) -> None:
    server.answers = [(503, {"Retry-After": "60"}, {"detail": "'be-stars' is starting"})]
    with pytest.raises(PredictionError, match=r"'be-stars' is starting \(503\)") as failed:
        Deployment(server.address, patience_s=5).predict(([1.0], [2.0]))
    assert failed.value.status == 503
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"data": ["Missing data for required field."]}, "data: Missing data for required field."),
        ({"title": "Not allowed"}, "Not allowed"),
        (b"<html>no</html>", "<html>no</html>"),
        ({}, "Unprocessable Entity"),
    ],
)
def test_every_form_of_error_is_told_in_a_sentence(server: Told, answer: Any, reason: str) -> None:
    server.answers = [(422, {}, answer)]
    with pytest.raises(PredictionError) as failed:
        Deployment(server.address).predict(([1.0], [2.0]))
    assert failed.value.reason == reason


def test_nobody_there_is_a_error_too(server: Told) -> None:
    address = server.address.replace(str(server.server_port), "1")
    with pytest.raises(PredictionError, match="does not answer") as failed:
        Deployment(address).predict(([1.0], [2.0]))
    assert failed.value.status == 0


def test_spectra_of_every_form_are_sent_as_json(server: Told) -> None:
    wavelength, flux = np.array([1.0, 2.0]), np.array([np.nan, 4.0], dtype=np.float32)
    spectrum = SimpleNamespace(
        wavelength=wavelength,
        flux=flux,
        ivar=None,
        mask=np.array([True, False]),
        meta=SimpleNamespace(name="x"),
    )
    given = {"wavelength": [1, 2], "flux": [3, 4], "frame": "air"}
    Deployment(server.address, "hgd_t").predict(spectrum, (wavelength, flux), given, probabilities=False)
    [asked] = server.asked
    assert asked.path == "/predict/be-stars?probabilities=false"
    assert asked.headers["Authorization"] == "Bearer hgd_t"
    assert json.loads(asked.body)["spectra"] == [
        {"wavelength": [1.0, 2.0], "flux": [None, 4.0], "mask": [True, False], "name": "x"},
        {"wavelength": [1.0, 2.0], "flux": [None, 4.0]},
        given,
    ]


def test_a_files_name_cannot_break_out_of_its_header(server: Told, tmp_path: Path) -> None:
    file = tmp_path / 'a"; name="other\r\nX: y.fits'
    file.write_bytes(b"bytes\r\n--")
    Deployment(server.address).predict(file, str(file))
    [asked] = server.asked
    assert asked.body.count(b'name="data"') == 2
    assert b"\r\nX: y" not in asked.body
    assert asked.body.count(b"bytes\r\n--") == 2


@pytest.mark.parametrize("spectra", [(), ("a.fits", ([1.0], [2.0])), (3,)])
def test_what_is_no_spectrum_is_not_sent(server: Told, spectra: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        Deployment(server.address).predict(*spectra)
    assert server.asked == []


@pytest.mark.parametrize(
    "address", ["be-stars", "http://host:1/predict/x", "ftp://host/deployments/x", "http://h/deployments/"]
)
def test_an_address_that_is_none_is_rejected_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as"):
        Deployment(address)

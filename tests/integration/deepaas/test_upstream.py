"""Methods under unmodified upstream DEEPaaS: `deepaas-run` over REST, and `deepaas-cli`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.deepaas.jobs import wait_for
from tests.unit.deepaas_plugins.halpha import cycle, write_files

PROGRAMS = Path(sys.executable).parent


class Server:
    """A `deepaas-run` of one module."""

    def __init__(self, module: str, model: Path, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/v2/models/{module}/"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        environment = os.environ | {
            "DEEPAAS_V2_MODEL": module,
            "HUGGINS_MODEL": str(model),
            "TMPDIR": str(self.temporary),
        }
        command = [PROGRAMS / "deepaas-run", "--listen-ip", "127.0.0.1", "--listen-port", str(self.port)]
        self.process = subprocess.Popen(command, env=environment, cwd=folder, start_new_session=True)
        wait_for(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, "deepaas-run ended"
        try:
            return requests.get(self.address, timeout=10).ok
        except requests.ConnectionError:
            return False

    def post(self, what: str, path: Path | None = None, **parameters: Any) -> requests.Response:
        with (path or Path(os.devnull)).open("rb") as stream:
            files = {"data": (path.name, stream)} if path else None
            return requests.post(self.address + what, params=parameters, files=files, timeout=60)

    def stop(self) -> None:
        # deepaas' workers are no daemons: the whole session goes.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upstream")
    write_files(folder, cycle(36))
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    server = Server("rdf", folder / "trained" / "model", folder)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def trained(server: Server, folder: Path) -> dict[str, Any]:
    """Train over REST and wait for the end."""
    started = server.post(
        "train/",
        input=str(folder / "data"),
        labels=str(folder / "manifest.csv"),
        output=str(folder / "trained"),
        trees=20,
        folds=3,
    ).json()
    assert started["status"] == "running"
    return wait_for(lambda: ended(server, started["uuid"]))


def ended(server: Server, uuid: str) -> dict[str, Any] | None:
    state = requests.get(f"{server.address}train/{uuid}", timeout=10).json()
    return None if state["status"] == "running" else state


def test_the_module_introduces_itself(server: Server) -> None:
    about = requests.get(server.address, timeout=10).json()
    assert (about["name"], about["license"]) == ("rdf", "Apache-2.0")
    paths = requests.get(server.address.split("/v2")[0] + "/swagger.json", timeout=10).json()["paths"]
    names = {parameter["name"] for parameter in paths["/v2/models/rdf/train/"]["post"]["parameters"]}
    assert {"input", "labels", "output", "recipe", "trees", "folds"} <= names


def test_a_training_over_rest_ends_with_metrics_and_a_model(trained: dict[str, Any], folder: Path) -> None:
    assert trained["status"] == "done"
    output = trained["result"]["output"]
    assert output["metrics"]["accuracy"] > 0.8
    assert (folder / "trained" / "model" / "forest.skops").is_file()


def test_an_uploaded_fits_file_is_classified_and_not_kept(server: Server, trained, folder: Path) -> None:
    answer = server.post("predict/", folder / "data" / "star-2.fits", include_spectra="true").json()
    assert answer["status"] == "OK"
    (result,) = answer["predictions"]["results"]
    assert (result["name"], result["label"], result["calibrated"]) == ("star-2", "emission", False)
    assert len(answer["predictions"]["prepared"]["flux"][0]) == 140
    assert not [path for path in server.temporary.iterdir() if path.is_file()]


def test_a_file_that_is_no_spectrum_is_rejected_with_the_reason(
    server: Server, trained, tmp_path: Path
) -> None:
    (tmp_path / "bad.fits").write_bytes(b"SIMPLE  = nonsense")
    answer = server.post("predict/", tmp_path / "bad.fits")
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("The spectrum cannot be used: bad.fits: ")


def test_among_good_spectra_a_bad_one_is_listed_with_the_reason(
    server: Server, trained, folder: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(folder / "data" / "star-2.fits", "star-2.fits")
        archive.writestr("bad.fits", b"SIMPLE  = nonsense")
    answer = server.post("predict/", tmp_path / "both.zip").json()["predictions"]
    assert [each["name"] for each in answer["results"]] == ["star-2"]
    assert answer["rejected"][0]["name"].endswith("bad.fits")


def test_a_parameter_out_of_range_is_answered_with_422(server: Server) -> None:
    answer = server.post("train/", input="/nowhere", trees=0)
    assert answer.status_code == 422
    assert "trees" in answer.json()


def test_a_training_that_fails_tells_why(server: Server) -> None:
    uuid = server.post("train/", input="/nowhere").json()["uuid"]
    state = wait_for(lambda: ended(server, uuid))
    assert state["status"] == "error"
    assert state["message"] == "The input /nowhere does not exist."


def test_a_call_without_a_model_gets_the_reason_and_the_next_call_is_served(
    tmp_path: Path, folder: Path
) -> None:
    server = Server("rdf", tmp_path / "none", tmp_path)
    try:
        for _ in range(2):
            answer = server.post("predict/", folder / "data" / "star-0.fits")
            assert answer.status_code == 422
            assert "holds no model" in answer.json()["message"]
    finally:
        server.stop()


def cli(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run `deepaas-cli` and return what it stored."""
    out = folder / f"{arguments[0]}.json"
    command = [PROGRAMS / "deepaas-cli", "--deepaas_method_output", out, *arguments]
    subprocess.run(
        command, check=True, cwd=folder, env=os.environ | environment, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    stored: dict[str, Any] = json.loads(out.read_text())
    return stored


def test_the_command_line_trains_and_predicts(folder: Path, tmp_path: Path) -> None:
    name = {"DEEPAAS_V2_MODEL": "rdf"}
    assert cli(tmp_path, "get_metadata", **name)["name"] == "rdf"
    trained = cli(
        tmp_path, "train", "--input", str(folder / "data"), "--labels", str(folder / "manifest.csv"),
        "--output", str(tmp_path / "run"), "--trees", "20", "--folds", "3", "--bootstrap", "true", **name,
    )  # fmt: skip
    assert trained["result"]["output"]["metrics"]["accuracy"] > 0.8
    spectrum = folder / "data" / "star-0.fits"
    environment = name | {"HUGGINS_MODEL": str(tmp_path / "run" / "model")}
    answer = cli(tmp_path, "predict", "--data", str(spectrum), **environment)
    assert answer["results"][0]["label"] == "absorption"
    assert spectrum.is_file()
    (tmp_path / "bad.fits").write_bytes(b"SIMPLE  = nonsense")
    with pytest.raises(subprocess.CalledProcessError) as rejected:
        cli(tmp_path, "predict", "--data", str(tmp_path / "bad.fits"), **environment)
    assert "The spectrum cannot be used: bad.fits: the FITS header has no END card" in rejected.value.stdout

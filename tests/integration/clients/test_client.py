"""The thin client from its wheel, in an environment that has nothing else, against a platform that runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from dashboard.cli.server import serving
from dashboard.settings import NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder
from tests.conftest import ROOT
from tests.integration.packaging.test_wheel import build

CLIENT = ROOT / "clients" / "python"
HUGGINS = Path(sys.executable).with_name("huggins")
SCRIPT = Path(__file__).with_name("person.py")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment with the client's wheel alone, installed without an index."""
    folder = tmp_path_factory.mktemp("client")
    source = folder / "source"
    for path in ("pyproject.toml", "README.md", *(f"huggins_client/{p.name}" for p in CLIENT.glob("h*/*.*"))):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes((CLIENT / path).read_bytes())
    wheel = build("wheel", source, folder)
    venv.create(folder / "environment", with_pip=False)
    found = folder / "environment" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(found), "install"]
    subprocess.run([*pip, "--quiet", "--no-index", str(wheel)], check=True)
    return found


async def run(python: Path, folder: Path, *words: str, **environment: str) -> str:
    """Run a program in the environment; return what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HUGGINS"))}
    process = await asyncio.create_subprocess_exec(
        python, *words, cwd=folder, env={**clean, **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    return printed


async def test_from_data_to_a_prediction_in_an_empty_environment(python: Path, tmp_path: Path) -> None:
    write_folder(tmp_path / "my-spectra", 40, seed=3)
    settings = Settings(
        home=tmp_path / "home", server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")}
    )
    async with serving(settings) as served:
        place = served.connection
        known = {"HUGGINS_SERVER": place.address, "HUGGINS_TOKEN": place.token}
        [snippet] = re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text(), re.DOTALL)
        told = await run(
            python, tmp_path, "-c", snippet.replace("http://127.0.0.1:8470", place.address), **known
        )
        assert "'label'" in told
        told = await run(python, tmp_path, str(SCRIPT), **known)
        assert told.split() == ["spectra", "labels", "prediction", "errors"]
        options = ("--server", place.address, "--token", place.token)
        command = (str(HUGGINS), *options, "deploy", "list", "--json")
        done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert [one["name"] for one in json.loads(done.stdout)["deployments"]] == ["hot-stars"]


async def test_the_client_needs_nothing(python: Path, tmp_path: Path) -> None:
    listed = "from importlib.metadata import distributions; print(sorted(d.name for d in distributions()))"
    assert (await run(python, tmp_path, "-I", "-c", listed)).strip() == "['huggins-client']"

"""The commands of docs/deploying.md, its Python, and the snippets of a deployment's page work unchanged."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import playwright
import pytest

from dashboard.cli.api import Connection, connect
from deploy.client import Deployment, PredictionError
from spectra import read
from tests.conftest import ROOT
from tests.integration.story.test_command_line import Shell

GUIDE = (ROOT / "docs" / "deploying.md").read_text("utf-8")
BLOCK = r"<!-- tested -->\n```{}\n(.*?)```"
NODE = Path(playwright.__file__).parent / "driver" / "node"  # the Node.js that drives Chromium
NAME = "hot-stars"


class Person(Shell):
    """Somebody who works through the guide in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "home")
        self.folder = folder
        self.environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def types(self, *command: str, **environment: str) -> str:
        """Run a command in the folder; return what it printed."""
        done = subprocess.run(
            command,
            env=self.environment | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    async def bash(self, text: str, **environment: str) -> str:
        return await asyncio.to_thread(self.types, "bash", "-euo", "pipefail", "-c", text, **environment)


async def test_the_guide_and_the_snippets_work_as_they_stand(tmp_path: Path) -> None:
    person = Person(tmp_path)
    async with person.up():
        connection = Connection.find(tmp_path / "home")
        said = [await person.bash(block) for block in re.findall(BLOCK.format("bash"), GUIDE, re.DOTALL)]
        assert "ready" in said[0]
        assert "hgd_" in said[1]
        assert re.search(r"1\s+100 %", said[2])  # rolled back
        async with connect(connection) as api:
            body = {"title": "client", "quota": 1000}
            token = (await api.post(f"/deployments/{NAME}/tokens", body))["token"]["secret"]
            page = await api.get(f"/deployments/{NAME}")
            await _snippets(person, page["snippets"], token)
            await _snippets(person, page["deferred"], token)
            await api.post(f"/deployments/{NAME}/settings", {"access": "public"})
            page = await api.get(f"/deployments/{NAME}")
            await _snippets(person, page["snippets"], "")
            await _snippets(person, page["deferred"], "")
        await asyncio.to_thread(_commands, person)
        await asyncio.to_thread(_python, person, connection.address, token)
        await asyncio.to_thread(_client, person, connection.address, token)


def _commands(person: Person) -> None:
    """Use what the guide does not: JSON, a token revoked, disabled and enabled, and mistakes."""
    assert [one["name"] for one in person.json("deployments", "list")["deployments"]] == [NAME]
    assert person.json("deploy", "settings", NAME, "--concurrency", "9")["scaling"]["concurrency"] == 9
    assert [one["number"] for one in person.json("deploy", "versions", "list", NAME)["versions"]] == [2, 1]
    assert person.json("deploy", "usage", NAME)["total"]["requests"] > 0
    tokens = {one["title"]: one["id"] for one in person.json("deploy", "tokens", "list", NAME)["tokens"]}
    person.run("deploy", "tokens", "revoke", NAME, tokens["the pipeline"])
    assert len(person.json("deploy", "tokens", "list", NAME)["tokens"]) == len(tokens) - 1
    assert person.json("deploy", "disable", NAME)["state"] == "stopped"
    assert person.json("deploy", "enable", NAME)["state"] == "deployed"
    for words, reason in (
        (("promote", NAME), "there is no canary"),
        (("canary", NAME, "10", "--version", "7"), "has no version 7"),
        (("settings", NAME, "--min", "5"), "minimum must not be above maximum"),
        (("settings", NAME), "say what is to change"),
        (("tokens", "make", NAME, "--title", "x", "--rate", "0"), "rate: must be a whole number"),
        (("tokens", "revoke", NAME, "nosuch"), "nosuch"),
        (("show", "nobody"), "there is no deployment named 'nobody'"),
        (("versions", "add", NAME, "--model", "nosuch"), "nosuch"),
    ):
        assert reason in person.run("deploy", *words, fails=True)


async def _snippets(person: Person, snippets: list[dict[str, Any]], token: str) -> None:
    """Run what the page shows; each prints the class of the same spectrum."""
    for name in ("spectrum.fits", "spectra.fits"):
        shutil.copy(sorted((person.folder / "my-spectra").glob("*.fits"))[0], person.folder / name)
    (person.folder / "package.json").write_text('{"type": "module"}')
    given = {"TOKEN": token} if token else {}
    labels = set()
    for snippet in snippets:
        text = snippet["text"]
        if snippet["title"] == "JavaScript":
            (person.folder / "snippet.js").write_text(text)
            told = await asyncio.to_thread(person.types, str(NODE), "snippet.js", **given)
        elif snippet["title"].startswith("Python"):
            for line in text.splitlines():
                if line.startswith("# curl "):  # the client, where it is not installed
                    await person.bash(line.removeprefix("# "))
            told = await asyncio.to_thread(person.types, sys.executable, "-c", text, **given)
        else:
            told = await person.bash(text, **given)
        labels.add(_label(told))
    assert len(snippets) in (5, 3)  # waiting, and without
    assert len(labels) == 1, labels


def _label(told: str) -> str:
    """Return the class of curl's JSON, of a printed result, or the one that is told first."""
    if printed := re.search(r"\blabel'?: '(absorption|double|emission)", told):
        return printed[1]
    if told.startswith("{"):
        return str(json.loads(told)["predictions"]["results"][0]["label"])
    found = re.search(r"\b(?:absorption|double|emission)\b", told)
    assert found, told
    return found[0]


def _python(person: Person, address: str, token: str) -> None:
    for block in re.findall(BLOCK.format("python"), GUIDE, re.DOTALL):
        names = sorted(path.name for path in (person.folder / "my-spectra").glob("*.fits"))
        told = person.types(sys.executable, "-c", f"address, token = {address!r}, {token!r}\n{block}")
        assert all(name.removesuffix(".fits") in told for name in names[1:3])
        assert f"{address}/deployments/{NAME}/predictions/" in told


def _client(person: Person, address: str, token: str) -> None:
    """Ask by the client in every way that it has, with errors."""
    stars = Deployment(f"{address}/deployments/{NAME}/", token)
    files = sorted((person.folder / "my-spectra").glob("*.fits"))[:3]
    by_file = stars.predict(*files, probabilities=True)
    assert len(by_file.results) == 3
    assert by_file.model["method"] == "rdf"
    assert stars.predict(files[1]).results[0]["label"] == by_file.results[1]["label"]
    spectra = [read(file)[0] for file in files]
    by_object = stars.predict(*spectra)
    assert [one["label"] for one in by_object.results] == [one["label"] for one in by_file.results]
    pair = (spectra[0].wavelength, np.where(np.arange(spectra[0].flux.size) == 3, np.nan, spectra[0].flux))
    assert stars.predict(pair).results[0]["label"] == by_file.results[0]["label"]
    broken = person.folder / "broken.fits"
    broken.write_bytes(b"SIMPLE  = no")
    mixed = stars.predict(files[0], broken)
    assert (len(mixed.results), [one["name"] for one in mixed.rejected]) == (1, ["broken.fits"])
    later = stars.predict_deferred(*files)
    assert [one["label"] for one in later.wait(60).results] == [one["label"] for one in by_file.results]
    assert later.state() == "completed"
    later.cancel()
    with pytest.raises(PredictionError, match="no prediction") as gone:
        later.state()
    assert gone.value.status == 404
    with pytest.raises(PredictionError, match="unknown, was revoked or has expired"):
        Deployment(f"{address}/deployments/{NAME}", f"{token[:-4]}aaaa").predict(files[0])
    with pytest.raises(PredictionError, match="probabilities"):
        stars.predict(files[0], probabilities="perhaps")
    with pytest.raises(PredictionError, match=r"broken\.fits"):
        stars.predict(broken)

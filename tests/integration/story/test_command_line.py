"""The main job from the command line, as a person types it, on the process launcher."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from spectra.synthetic import write_folder

HUGGINS = str(Path(sys.executable).parent / "huggins")


class Shell:
    """A person's shell: `huggins` in one home."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            **os.environ,
            "HUGGINS_HOME": str(home),
            "HUGGINS_NODES_LOCAL_KIND": "process",
            "COLUMNS": "200",
        }

    def run(self, *words: str, fails: bool = False) -> str:
        done = self._done(*words, fails=fails)
        return done.stdout + done.stderr

    def _done(self, *words: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [HUGGINS, *words], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert (done.returncode != 0) is fails, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self._done(*words, "--json").stdout)  # notes are in the other stream

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[str]:
        """Run `huggins up`; give its one-time link."""
        running = await asyncio.create_subprocess_exec(
            HUGGINS, "up", "--port", "0", env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=None
        )
        assert running.stdout
        try:
            async with asyncio.timeout(120):
                while "/enter?token=" not in (line := (await running.stdout.readline()).decode()):
                    assert line, "huggins up ended without a link"
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            running.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(running.wait(), 60) == 0


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


def test_without_a_platform_every_command_says_how_to_start_one(shell: Shell) -> None:
    for words in (("modules",), ("jobs", "list"), ("data", "list"), ("nodes",), ("deploy", "list")):
        assert "start it with `huggins up`" in shell.run(*words, fails=True)


async def test_a_method_is_found_trained_deployed_and_called(shell: Shell, tmp_path: Path) -> None:
    write_folder(tmp_path / "spectra", 45, seed=1)
    (tmp_path / "spectra" / "broken.fits").write_bytes(b"SIMPLE  =  nonsense")
    fits = sorted((tmp_path / "spectra").glob("*.fits"))
    ask = asyncio.to_thread
    async with shell.up():
        assert "rdf" in [entry["name"] for entry in (await ask(shell.json, "modules"))["modules"]]
        assert "trees" in await ask(shell.run, "modules", "rdf")
        brought = await ask(shell.json, "data", "add", str(tmp_path / "spectra"), "--name", "mine")
        assert (brought["dataset"]["count"], brought["dataset"]["rejected"]) == (45, 1)
        assert brought["rejected"][0]["path"] == "broken.fits"
        dataset = brought["dataset"]["id"]
        rejected = await ask(lambda: shell.run("train", "rdf", dataset, "-p", "trees=0", fails=True))
        assert "trees" in rejected
        job = await ask(shell.json, "train", "rdf", dataset, "-p", "trees=15", "-p", "folds=3")
        assert job["phase"] == "COMPLETED", job["reason"]
        assert job["metrics"]["accuracy"] > 0.5
        assert "rdf: 45 spectra" in await ask(shell.run, "jobs", "log", job["id"])
        made = await ask(shell.json, "deploy", "add", "mine", "--job", job["id"])
        assert made["state"] == "deployed"
        answers = await ask(shell.json, "predict", "mine", str(fits[1]), str(fits[2]), str(fits[3]))
        assert [len(answer["results"]) for answer in answers] == [1, 1, 1]
        first = answers[0]["results"][0]
        assert first["label"] in brought["dataset"]["classes"]
        assert abs(sum(first["probabilities"].values()) - 1) < 1e-6
        again = await ask(shell.json, "jobs", "again", job["id"], "-p", "trees=5")
        assert (again["parent"], again["parameters"]["trees"]) == (job["id"], 5)
    assert not list((tmp_path / "home").glob("connection.json"))


async def test_bad_input_is_named_where_the_person_is(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    one = tmp_path / "one"
    write_folder(one, 12, seed=2)
    (one / "labels.csv").unlink()
    ask = asyncio.to_thread

    def rejected(*words: str) -> str:
        return shell.run(*words, fails=True)

    async with shell.up():
        assert "there is no file in" in await ask(rejected, "data", "add", str(tmp_path / "empty"))
        dataset = (await ask(shell.json, "data", "add", str(one)))["dataset"]["id"]
        assert "nosuch" in await ask(rejected, "train", "nosuch", dataset)
        assert "is not NAME=VALUE" in await ask(rejected, "train", "rdf", dataset, "-p", "trees")
        assert "moon" in await ask(rejected, "train", "som", dataset, "--node", "moon")
        assert "label" in await ask(rejected, "train", "rdf", dataset)
        (tmp_path / "labels.csv").write_text("path,label\nnothere.fits,emission\n")
        said = await ask(rejected, "data", "label", dataset, str(tmp_path / "labels.csv"))
        assert "nothere.fits" in said
        assert "no deployment" in await ask(rejected, "predict", "nobody", str(next(one.glob("*.fits"))))

"""A platform with something to show: real services, synthetic spectra, a trained map and forest.

It lives in a thread with an event loop, so that tests may drive a browser without one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from dashboard.auth.identity import OWNER
from dashboard.jobs.job import Job
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from dashboard.settings import JobsSettings, ModulesSettings, NodeSettings, Settings
from dashboard.web.app.application import create_application
from spectra.synthetic import write_folder
from tests.folder_upload import upload_folder

T = TypeVar("T")
PATIENCE_S = 120

FOREST_YAML = """
metadata_version: 2.0.0
title: Random decision forest
summary: Sorts spectra into the classes of a training set, with the wavelengths that decide.
description: |
  A forest of decision trees learns classes, or a number, from labelled spectra.
links: {source_code: "https://example.org/rdf", documentation: "https://example.org/rdf/docs"}
dates: {created: "2026-01-10", updated: "2026-11-18"}
libraries: [Scikit-learn]
tasks: [Classification]
categories: [AI4 trainable]
tags: [forest, emission lines]
license: Apache-2.0
huggins:
  name: rdf
  version: 0.3.1
  entry: batch
  extras: [rdf]
  spectral:
    wavelength: {minimum: 6519, maximum: 6732, unit: Angstrom}
    frame: any
    instruments: [LAMOST, Perek 2m]
  citation: |
    @article{Breiman2001, author = {Breiman, L.}, title = {Random Forests}, year = {2001}}
  headline: [balanced_accuracy, purity]
  quality:
    - {dataset: LAMOST A/F/G/K, metric: accuracy, value: 0.731, date: "2026-11-18", command: make accuracy}
"""
UNCOVERED = {"schema": 1, "steps": [{"step": "resample", "minimum": 4000.0, "maximum": 5000.0, "points": 50}]}
README = """# Random decision forest

Learns classes from labelled spectra.

- **calibrated** probabilities on request
- importance over *wavelength*

<script>document.body.dataset.injected = "yes"</script>

| parameter | meaning |
|---|---|
| trees | how many |
"""


@dataclass
class Showcase:
    """What the tests and the screenshots look at."""

    home: Path
    modules: Path
    address: str = ""
    dataset: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    platform: Platform | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _runner: web.AppRunner | None = None

    def start(self) -> None:
        """Start the platform and the web application in a thread."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.do(self._open())

    def do(self, work: Coroutine[Any, Any, T], timeout_s: float = 300) -> T:
        """Run something in the platform's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def link(self) -> str:
        """Return a new one-time link."""
        assert self.platform
        return f"{self.address}/enter?token={self.do(self.platform.sessions.one_time_link())}"

    def stop(self) -> None:
        """End everything."""
        self.do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        assert self._thread
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        settings = Settings(
            home=self.home,
            modules=ModulesSettings(folder=str(self.modules)),
            jobs=JobsSettings(poll_seconds=0.1, memory_mb=1024),
            nodes={
                "local": NodeSettings(kind="process"),
                "cluster": NodeSettings(kind="process", cpus=64, labels=("slow",)),
            },
        )
        self.platform = Platform(settings)
        await self.platform.start()
        self._runner = web.AppRunner(
            create_application(self.platform), shutdown_timeout=1, auto_decompress=False
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}"

    async def _close(self) -> None:
        assert self._runner
        assert self.platform
        await self.platform.stop()
        await self._runner.cleanup()

    async def fill(self, spectra: Path) -> None:
        """Upload spectra, train a map and a forest, and let one job fail."""
        assert self.platform
        data = self.platform.data
        made = await upload_folder(data, spectra, "Synthetic Hα profiles", OWNER, synthetic=True)
        self.dataset = (await data.settled(made.id)).id
        intents = {
            "forest": JobRequest("rdf", self.dataset, {"trees": 60, "folds": 3}, label="first forest"),
            "map": JobRequest("som", self.dataset, label="hexagonal map"),
            "failed": JobRequest("rdf", self.dataset, {"trees": 20}, UNCOVERED, label="wrong wavelengths"),
        }
        await self._set_up()
        for module in ("rdf", "som"):
            await self.platform.modules.descriptions.of(module)
        for name, intent in intents.items():
            self.jobs[name] = await self.platform.submit(intent, OWNER)
        for name, job in self.jobs.items():
            self.jobs[name] = await self._end_of(job)
        again = await self.platform.again(
            self.jobs["forest"].id, {"parameters": {"trees": 20}, "label": "fewer trees"}, OWNER
        )
        self.jobs["again"] = await self._end_of(again)

    async def _set_up(self) -> None:
        """Have a drained node of the page, and a message that could not be sent."""
        assert self.platform
        box = {"name": "drained-box", "kind": "process", "labels": ["gpu", "basement"], "cpus": 4}
        await self.platform.administration.add(box, OWNER)
        await self.platform.administration.drain("drained-box", OWNER, drained=True)
        nowhere = {"webhook": "https://hook.invalid/huggins", "about": "failed"}
        await self.platform.preferences.put(OWNER.user, nowhere)

    async def _end_of(self, job: Job) -> Job:
        assert self.platform
        async with asyncio.timeout(PATIENCE_S):
            with self.platform.live.subscribe([f"job:{job.id}"]) as events:
                while not (found := await self.platform.jobs.get(job.id)).final:
                    await events.get(5)
        return found


def build(folder: Path) -> Showcase:
    """Make the folders of a showcase; `start` and `fill` bring it to life."""
    modules = folder / "modules"
    forest = modules / "rdf"
    forest.mkdir(parents=True)
    (forest / "module.yaml").write_text(FOREST_YAML)
    (forest / "README.md").write_text(README)
    som = modules / "som"
    som.mkdir()
    (som / "module.yaml").write_text(
        FOREST_YAML.replace("name: rdf", "name: som")
        .replace("Random decision forest", "Self-organising map")
        .replace("[Classification]", "[Clustering]")
        .replace("[rdf]", "[som]")
        .replace("[forest, emission lines]", "[map]")
        .replace(
            "Sorts spectra into the classes of a training set, with the wavelengths that decide.",
            "Lays spectra out on a plane, alike beside alike, and shows groups and outliers.",
        )
    )
    (modules / "broken").mkdir()
    (modules / "broken" / "module.yaml").write_text("title: Without the rest\n")
    spectra = folder / "spectra"
    write_folder(spectra, 180, seed=7)
    (spectra / "not-a-spectrum.fits").write_bytes(b"SIMPLE  = T, or so it says")
    return Showcase(folder / "home", modules)

"""From a request to its answer where nothing runs: ``python -m benchmarks.cold_start [--engine E]``.

A deployment of `rdf` at zero; a real FITS file is sent to the gateway, which starts a container, waits until
the model answers, and hands the call on. Each round begins when nothing runs any more.

Claims
------
cold_docker, cold_udocker
    Median seconds to the answer, with the same call to a replica that runs beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer

from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table
from benchmarks.serving.forest import stars, train
from dashboard.database.engine import Database
from deploy.application import create_application
from deploy.model.deployment import Deployment, Scaling, Version, now
from deploy.service import DeployService
from launchers import Launcher
from launchers.docker.launcher import DockerLauncher
from launchers.udocker.launcher import UdockerLauncher

TARGET_S = 1.5
ROUNDS, QUICK = 9, 3
ELASTIC = Scaling(minimum=0, maximum=1, idle_s=1e6, stabilisation_s=0)
OWNER = "benchmark-cold-start"


async def measure(engine: str, launcher: Launcher, image: str, model: Path, rounds: int) -> Result:
    """Send requests in turn to a deployment without replicas and to the same one with a replica.

    Parameters
    ----------
    engine : str
        Name of the claim: ``cold_<engine>``.
    launcher : Launcher
        Starts the replicas.
    image : str
        Reference that the launcher's ``prepare`` returned.
    model : Path
        Folder of the model.
    rounds : int
        Number of cold starts.

    Returns
    -------
    Result
        Median of the seconds from the request to the answer, cold and warm.
    """
    spectrum = await asyncio.to_thread(_spectrum)
    folder = model.parent / engine
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'gateway.sqlite'}")
    await database.migrate()
    service = DeployService(database, lambda _node: launcher, folder / "deployments", OWNER)
    await service.start()
    version = Version(1, "rdf", "1", image, now(), model="bench", model_folder=model)
    off = Deployment("cold", ("here",), now(), (version,), scaling=ELASTIC, enabled=False)
    await service.create(off)
    cold, warm = [], []
    try:
        async with TestServer(create_application(service)) as front, aiohttp.ClientSession() as session:
            url = front.make_url("/predict/cold")
            for number in range(rounds + 1):
                await _at_zero(service)
                if left := await launcher.list(OWNER):
                    raise SystemExit(f"not at zero: {left}")
                seconds = [await _ask(session, str(url), spectrum) for _ in range(2)]
                if number:  # the first round fills the engine's caches
                    cold.append(seconds[0])
                    warm.append(seconds[1])
    finally:
        await service.close(stop_replicas=True)
        await database.close()
    found, beside = statistics.median(cold), statistics.median(warm)
    print(f"\ncold_{engine}: seconds from the request to the answer, {rounds} rounds")
    rows = [("at zero", found, min(cold), max(cold)), ("running", beside, min(warm), max(warm))]
    print_table(("", "median", "least", "most"), rows)
    return Result(f"cold_{engine}", found, beside, found, "s", f"≤ {TARGET_S:g}", found <= TARGET_S)


async def _at_zero(service: DeployService) -> None:
    """Take the replica away, and let the next request start one."""
    await service.change("cold", lambda one: replace(one, enabled=False))
    while service.get("cold")[1].replicas:  # noqa: ASYNC110 - between two measurements
        await asyncio.sleep(0.01)
    # As after a restart: enabled, at zero, nobody has called yet.
    await service.close()
    await service.store.change("cold", lambda one: replace(one, enabled=True))
    await service.start()


async def _ask(session: aiohttp.ClientSession, url: str, spectrum: bytes) -> float:
    form = aiohttp.FormData()
    form.add_field("data", spectrum, filename="spectrum.fits")
    started = time.perf_counter()
    async with session.post(url, data=form) as answer:
        text = await answer.text()
        if answer.status != 200 or '"label"' not in text:
            raise SystemExit(f"the gateway answered {answer.status}: {text[:500]}")
    return time.perf_counter() - started


def _spectrum() -> bytes:
    data = data_folder()
    return (data / "lamost" / stars(data)[0]["file"]).read_bytes()


async def run(engines: list[str], image: str, rounds: int, folder: Path) -> list[Result]:
    """Measure the cold start on the named engines.

    Parameters
    ----------
    engines : list of str
        Of ``docker`` and ``udocker``.
    image : str
        An image of the local Docker engine.
    rounds : int
        Number of cold starts of each.
    folder : Path
        Where the model and the state of launchers are written.

    Returns
    -------
    list of Result
        One for each engine.
    """
    model = await asyncio.to_thread(train, data_folder(), folder)
    results = []
    if "docker" in engines:
        docker = DockerLauncher()
        results.append(await measure("docker", docker, await docker.prepare(image), model, rounds))
        await docker.close()
    if "udocker" in engines:
        archive = folder / "image.tar"
        await asyncio.to_thread(subprocess.check_call, ["docker", "save", "-o", str(archive), image])
        udocker = UdockerLauncher(folder / "state")
        results.append(await measure("udocker", udocker, await udocker.prepare(str(archive)), model, rounds))
        await udocker.close()
    return results


def main() -> int:
    """Measure and print; exit code 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds instead of {ROUNDS}")
    parser.add_argument("--image", default="huggins/rdf:latest", help="of the module rdf")
    parser.add_argument("--engine", action="append", choices=("docker", "udocker"), help="by default both")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="huggins-cold-") as folder:
        engines = options.engine or ["docker", "udocker"]
        results = asyncio.run(run(engines, options.image, QUICK if options.quick else ROUNDS, Path(folder)))
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())

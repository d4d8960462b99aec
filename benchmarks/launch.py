"""From a start to the first line of training code, against the bare engine: `python -m benchmarks.launch`.

Both start the same image with the same batch entry on equal job folders; what counts is the time that the
entry itself writes into ``out/begin.json``, before it imports anything heavy. The bare runs are what a person
would type: ``docker run --rm -v … IMAGE …`` and ``udocker run -v … CONTAINER …``, without any hardening.

Claims
------
launch_docker, launch_udocker
    Seconds that `launchers` takes more. Medians of alternating rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks.result import Result, machine, print_result, print_table
from launchers import Launcher, LaunchSpec, Mount
from launchers.docker.launcher import DockerLauncher
from launchers.udocker.launcher import UdockerLauncher

COMMAND = ("python", "-m", "deepaas_plugins.batch")
TARGET_S = 0.5
ROUNDS, QUICK = 15, 3
TIMEOUT_S = 120


def job_folder(parent: Path) -> Path:
    """Make the folder of a job, as the platform does; the user of the container may write to it."""
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="job-"))
    for part in ("in", "out"):
        (folder / part).mkdir()
    job = {"schema": 1, "job": "benchmark", "attempt": folder.name, "action": "train", "module": "none"}
    (folder / "job.json").write_text(json.dumps(job))
    return folder


def began(folder: Path) -> float:
    """Wait for ``begin.json``, which the started program writes.

    Parameters
    ----------
    folder : Path
        The job folder.

    Returns
    -------
    float
        The time in the file, in seconds since 1970.

    Raises
    ------
    TimeoutError
        If the file does not appear within `TIMEOUT_S`.
    """
    deadline = time.monotonic() + TIMEOUT_S
    path = folder / "out" / "begin.json"
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {path} within {TIMEOUT_S} s: does the image have {' '.join(COMMAND)}?")
        time.sleep(0.005)
    return datetime.datetime.fromisoformat(json.loads(path.read_text())["time"]).timestamp()


async def ours(launcher: Launcher, image: str, folder: Path) -> float:
    """Return the seconds from the start to the first line of the program, with a launcher.

    Parameters
    ----------
    launcher : Launcher
        Starts the program.
    image : str
        Reference that its ``prepare`` returned.
    folder : Path
        The job folder.

    Returns
    -------
    float
        Seconds.
    """
    spec = LaunchSpec(
        name=f"bench-{uuid.uuid4().hex[:12]}",
        image=image,
        command=COMMAND,
        mounts=(Mount(folder, "/job", read_only=False),),
        owner="benchmarks",
    )
    asked = time.time()
    handle = await launcher.start(spec)
    seconds = await asyncio.to_thread(began, folder) - asked
    await launcher.remove(handle)
    return seconds


def bare(command: list[str], folder: Path, env: Mapping[str, str] = MappingProxyType({})) -> float:
    """Return the seconds from the start to the first line of the program, with the engine's own command.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    folder : Path
        The job folder.
    env : mapping
        Variables beside those of this process.

    Returns
    -------
    float
        Seconds.
    """
    asked = time.time()
    with subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        return began(folder) - asked


async def measure(
    claim: str, launcher: Launcher, image: str, rounds: int, theirs: Callable[[Path], float]
) -> Result:
    """Alternate runs with a launcher and with the bare engine.

    Parameters
    ----------
    claim : str
        Name of the claim.
    launcher : Launcher
        Starts ours.
    image : str
        Reference that its ``prepare`` returned.
    rounds : int
        Number of runs of each that count; one before them fills the caches of both.
    theirs : callable
        Runs the bare engine on a job folder and returns seconds.

    Returns
    -------
    Result
        Medians in seconds, and how much longer ours takes.
    """
    times: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as parent:
        for number in range(rounds + 1):
            seconds = (
                await ours(launcher, image, job_folder(Path(parent))),
                await asyncio.to_thread(theirs, job_folder(Path(parent))),
            )
            if number:  # the first round fills the caches of both
                times[0].append(seconds[0])
                times[1].append(seconds[1])
    mine, bare = map(statistics.median, times)
    rows = [("launchers", mine, min(times[0]), max(times[0])), ("bare", bare, min(times[1]), max(times[1]))]
    print(f"\n{claim}: seconds to begin.json, {rounds} alternating rounds")
    print_table(("", "median", "least", "most"), rows)
    more = mine - bare
    return Result(claim, mine, bare, more, "s", f"≤ {TARGET_S} more", more <= TARGET_S)


async def measure_docker(image: str, rounds: int) -> Result:
    """Claim ``launch_docker``."""
    launcher = DockerLauncher()
    fixed = await launcher.prepare(image)

    def typed(folder: Path) -> float:
        for path in (folder, folder / "out"):
            path.chmod(0o777)
        return bare(["docker", "run", "--rm", "-v", f"{folder}:/job", "-w", "/job", fixed, *COMMAND], folder)

    try:
        return await measure("launch_docker", launcher, fixed, rounds, typed)
    finally:
        await launcher.close()


async def measure_udocker(image: str, rounds: int, state: Path) -> Result:
    """Measure the claim ``launch_udocker``; the bare run is of the same container, in the same mode.

    Parameters
    ----------
    image : str
        An image of the local Docker engine.
    rounds : int
        Number of runs of each.
    state : Path
        Where the archive and udocker's repository are written.

    Returns
    -------
    Result
        As `measure`.
    """
    archive = state / "image.tar"
    await asyncio.to_thread(subprocess.check_call, ["docker", "save", "-o", archive, image])
    launcher = UdockerLauncher(state / "udocker")
    fixed = await launcher.prepare(str(archive))
    container = f"huggins-{fixed.removeprefix('sha256:')[:16]}"
    command = [sys.executable, "-m", "udocker.maincmd", *(["--allow-root"] if os.geteuid() == 0 else [])]

    def typed(folder: Path) -> float:
        run = [*command, "run", "--nobanner", "-v", f"{folder}:/job", "-w", "/job", container, *COMMAND]
        return bare(run, folder, {"UDOCKER_DIR": str(state / "udocker" / "repository")})

    return await measure("launch_udocker", launcher, fixed, rounds, typed)


async def run(image: str, engines: list[str], rounds: int) -> None:
    """Measure the named engines and print the results.

    Parameters
    ----------
    image : str
        An image of the local Docker engine.
    engines : list of str
        Of ``docker`` and ``udocker``.
    rounds : int
        Number of runs of each.
    """
    print(machine())
    if "docker" in engines:
        print_result(await measure_docker(image, rounds))
    if "udocker" in engines:
        state = Path(tempfile.mkdtemp())
        try:
            print_result(await measure_udocker(image, rounds, state))
        finally:
            shutil.rmtree(state)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.launch", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds instead of {ROUNDS}")
    parser.add_argument("--image", default="huggins/base:latest", help="an image with the batch entry")
    parser.add_argument("--engine", action="append", choices=("docker", "udocker"), help="by default both")
    arguments = parser.parse_args()
    rounds = QUICK if arguments.quick else ROUNDS
    asyncio.run(run(arguments.image, arguments.engine or ["docker", "udocker"], rounds))


if __name__ == "__main__":
    main()

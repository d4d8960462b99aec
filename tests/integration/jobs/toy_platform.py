"""A platform over the real process launcher, which may kill itself: ``python -m … HOME EPOCHS [POINT]``.

The first run makes the job; each run works until the job has ended and is cleared away, or until POINT is
reached, where the process kills itself as a power cut would. Prints the job as JSON at the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from dashboard.auth.identity import OWNER
from dashboard.jobs.job import Attempt, AttemptState, Job
from dashboard.nodes.launcher_factory import ChosenLauncher
from dashboard.platform import Platform
from dashboard.settings import NodeSettings
from launchers import Handle, LaunchSpec
from launchers.local.launcher import ProcessLauncher
from tests.platform.world import DESCRIPTION, World, submit

HANGS_S = 90  # by then it will never end
RUNNER = Path(__file__).with_name("toy_runner.py")


class ToyLauncher(ProcessLauncher):
    """Runs the toy in place of the module's own entry."""

    async def start(self, spec: LaunchSpec) -> Handle:
        answer = json.dumps({"modules": {"toy": DESCRIPTION}})
        describe = spec.command[-1] == "toy"
        command = ("python", "-c", f"print({answer!r})") if describe else ("python", str(RUNNER))
        return await super().start(replace(spec, command=command))


class ToyWorld(World):
    """The unit tests' world, over real processes."""

    async def toy_platform(self, point: str = "") -> Platform:
        async def launcher(_settings: NodeSettings, state: Path) -> ChosenLauncher:
            return ChosenLauncher(ToyLauncher(state=state / "process"))

        async def at(reached: str) -> None:
            if reached == point:
                os.kill(os.getpid(), signal.SIGKILL)

        platform = Platform(self.settings(), launcher, at)
        self.platforms.append(platform)
        await platform.start()
        await platform.modules.descriptions.of("toy")
        return platform


async def ended(platform: Platform, job: str) -> tuple[Job, Attempt]:
    """Wait until a job has ended and nothing of it is left on its node."""
    async with asyncio.timeout(HANGS_S):
        while True:
            found, tries = await platform.jobs.get(job), await platform.jobs.attempts(job)
            if found.final and all(attempt.state is AttemptState.REMOVED for attempt in tries):
                return found, tries[-1]
            await asyncio.sleep(0.02)


async def main(home: str, epochs: str, point: str = "") -> None:
    world = ToyWorld(Path(home))
    platform = await world.toy_platform(point)
    known = (await platform.jobs.list(identity=OWNER)).items
    job = known[0] if known else await submit(platform, parameters={"epochs": int(epochs)})
    found, attempt = await ended(platform, job.id)
    models = (await platform.models.list(identity=OWNER)).total
    print(json.dumps({**found.to_json(), "models": models, "code": attempt.exit_code}))
    await world.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

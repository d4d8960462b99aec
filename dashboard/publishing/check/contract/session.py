"""One module on one node: what the steps of the check share, and how a step is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catalog import Module
from dashboard.publishing.check.contract.bench import CANARY, Bench, Ran
from dashboard.publishing.check.secrets import found_in
from dashboard.publishing.check.static.examples import MAKER, Example
from dashboard.publishing.finding import Finding, Report, Step, StepState, error
from dashboard.publishing.source.tree import SourceTree
from launchers import LaunchError, Mount
from launchers.base import NodeDown

MAKE_S = 300


class StepFailed(Exception):
    """A step found an error, without which the steps after it make no sense."""


@dataclass
class Session:
    """A module on one node.

    Attributes
    ----------
    module : Module
        What is checked.
    example : Example
        What it is trained with.
    tree : SourceTree
        Its files.
    bench : Bench
        Runs its commands.
    report : Report
        Gets findings and steps.
    data : Path
        The example's data, once they are made.
    describe_s : float
        Seconds within which the image must describe the module.
    """

    module: Module
    example: Example
    tree: SourceTree
    bench: Bench
    report: Report
    data: Path = field(default_factory=Path)
    describe_s: float = 60.0

    def found(self, *findings: Finding) -> bool:
        """Add findings; return whether one is an error."""
        return bool(self.report.add(findings))

    def error(self, code: str, step: str, what: str, mend: str) -> Finding:
        """Return an error of a step on this node.

        Parameters
        ----------
        code, what, mend : str
            See `Finding`.
        step : str
            Name of the step.

        Returns
        -------
        Finding
            Whose place is the step and the node.
        """
        return error(code, f"{step} ({self.bench.kind})", what, mend)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record a step: it has failed if an error was added, and the steps after it are left out.

        Raises
        ------
        StepFailed
            If it has.
        """
        started, before = time.monotonic(), len(self.report.errors)
        try:
            yield
        except NodeDown as down:
            mend = "See that the node works (`huggins nodes`), and check again."
            self.found(self.error("node.down", name, f"The node does not answer: {down.reason}.", mend))
        except LaunchError as bad:
            self.found(
                self.error(
                    "node.rejects",
                    name,
                    f"The node does not run it: {bad.reason}.",
                    "Change the image or what it asks for.",
                )
            )
        except (OSError, ValueError) as bad:
            what = f"What it left cannot be read: {bad}."
            self.found(self.error("contract.unreadable", name, what, "Write regular files of the contract."))
        failed = len(self.report.errors) > before
        state = StepState.FAILED if failed else StepState.PASSED
        self.report.steps.append(Step(name, self.bench.kind, state, time.monotonic() - started))
        if failed:
            raise StepFailed(name)

    def limits(self, name: str, ran: Ran, memory_mb: int, walltime_s: int) -> list[Finding]:
        """Return what a command exceeded.

        Parameters
        ----------
        name : str
            Of the step.
        ran : Ran
            How it ended.
        memory_mb, walltime_s : int
            Its limits.

        Returns
        -------
        list of Finding
            One, or none.
        """
        if ran.out_of_memory:
            what = f"It needs more than the {memory_mb} MB that the description asks for."
            mend = "Ask for more under resources (memory_MB), or use less."
            return [self.error("resources.memory", name, what, mend)]
        if ran.out_of_time:
            what = f"It did not end within {walltime_s} s."
            mend = "Make the example smaller, or give it more time (walltime_s in the example)."
            return [self.error("resources.time", name, what, mend)]
        return []

    def secrets(self, name: str, output: str) -> list[Finding]:
        """Return whether an output holds secrets, also the one that was put into the environment."""
        if self.bench.canary in output:
            what = f"It prints its environment: a secret such as {CANARY} stands in its log."
            return [self.error("logs.secret", name, what, "Print no environment and no settings.")]
        for line, what in found_in(output):
            told = f"Line {line} of its log looks like {what}."
            return [self.error("logs.secret", name, told, "Print no secrets, and change this one.")]
        return []

    async def make_data(self) -> None:
        """Make the example's data by the module's own script, in a container."""
        if not self.example.made:
            self.data = self.tree.folder / "examples" / "data"
            return
        place = self.bench.place("made")
        (place / "source").mkdir()
        (place / "data").mkdir()
        mounts = (
            Mount(place, "/job", read_only=False),
            Mount(self.tree.folder / "examples", "/job/source"),
        )
        script = f"/job/source/{Path(MAKER).name}"
        ran = await self.bench.run(("python", script, "/job/data"), mounts, walltime_s=MAKE_S, memory_mb=2048)
        self.data = place / "data"
        made = await asyncio.to_thread(lambda: any(path.is_file() for path in self.data.iterdir()))
        if not ran.ok or not made:
            told = ran.status.reason or ("it wrote no file" if ran.ok else f"status {ran.status.exit_code}")
            what = f"{MAKER} made no data: {told}; {ran.last_line}."
            self.found(self.error("example.maker", "data", what, "Run it in the image, and mend it."))

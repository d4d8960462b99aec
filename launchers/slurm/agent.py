"""The agent on the login node of a cluster: answers one request of `launchers.slurm.launcher`, then ends.

Run as ``python -m launchers.slurm.agent STATE`` with a message (`launchers.remote.framing`) on its standard
input; see `launchers.remote.agent`. The standard library only.
"""

from __future__ import annotations

import base64
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json
from launchers.apptainer.command import PROGRAM as APPTAINER
from launchers.apptainer.store import ApptainerStore
from launchers.base import LaunchError, LaunchSpec, NodeDown, last_lines
from launchers.remote.agent import Agent, run
from launchers.remote.framing import confined
from launchers.slurm import array as slurm_array
from launchers.slurm import commands as slurm_commands
from launchers.slurm.commands import SlurmRejected, SlurmUnavailable
from launchers.slurm.launches import SlurmLaunches
from launchers.udocker.store import UdockerStore

#: The variable that names the container runtime: udocker, or `APPTAINER`.
RUNTIME = "HUGGINS_RUNTIME"

#: The log files of a command, the older first.
LOGS = ("log.1", "log")


class SlurmAgent(Agent):
    """Answers requests about launches; see `launchers.remote.agent.Agent` for the others."""

    def __init__(self, state: Path) -> None:
        apptainer = ApptainerStore(state) if os.environ.get(RUNTIME) == APPTAINER else None
        super().__init__(state, apptainer or UdockerStore(state))
        self.launches = SlurmLaunches(state, apptainer)

    def answers(self) -> dict[str, Callable[..., Any]]:
        """See `launchers.remote.agent.Agent.answers`."""
        return {
            **super().answers(),
            "probe": self._probe,
            "submit": self._submit,
            "find": self._find,
            "statuses": self.launches.statuses,
            "cancel": self.launches.cancel,
            "kill": self.launches.kill,
            "forget": self._forget,
            "logs": self._logs,
        }

    def answer(self, request: Mapping[str, Any]) -> Any:
        """Execute a request of the platform on the login node.

        Parameters
        ----------
        request : mapping
            As `launchers.remote.agent.Agent.answer` takes it.

        Returns
        -------
        object
            The answer, as JSON.

        Raises
        ------
        NodeDown
            If Slurm's controller does not answer.
        LaunchError
            If Slurm rejects the request.
        """
        try:
            return super().answer(request)
        except SlurmUnavailable as error:
            raise NodeDown("slurm", str(error)) from error
        except SlurmRejected as error:
            raise LaunchError("slurm", str(error)) from error

    def _submit(self, spec: Mapping[str, Any], script: str, settle_s: float) -> dict[str, Any]:
        return self.launches.submit(LaunchSpec.from_json(spec), script, settle_s).to_json()

    def _find(self, name: str, settle_s: float) -> dict[str, Any] | None:
        found = self.launches.found(name, settle_s)
        return found.to_json() if found else None

    def _forget(self, name: str) -> None:
        self.launches.forget(name, self.state / "files" / confined(name))

    def _probe(self, partition: str) -> dict[str, Any]:
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            **slurm_commands.cluster(partition),
            "runtime": self.store.install(),
            "folder": str(self.state),
        }

    def _logs(self, name: str, tail: int | None) -> str:
        folder = self.launches.folder / name
        launch = read_json(folder / "launch.json") or {}
        parts = slurm_array.folders(folder, slurm_array.count_of(launch))
        data = b""
        for path in (folder / "slurm.out", *(place / log for place in (*parts, folder) for log in LOGS)):
            with contextlib.suppress(OSError):
                data += path.read_bytes()
        return base64.b64encode(last_lines(data, tail)).decode("ascii")


if __name__ == "__main__":
    run(SlurmAgent(Path(sys.argv[1])))

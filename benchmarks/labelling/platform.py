"""A platform in a process of its own, at a port that stays the same: killed, and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 180.0
LOOK_S = 0.1


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class KillablePlatform:
    """`benchmarks.labelling.server` on a home.

    Parameters
    ----------
    home : Path
        Its home folder.
    people : sequence of str
        Who has an account; none: the local owner.
    """

    def __init__(self, home: Path, people: Sequence[str] = ()) -> None:
        self._home = home
        self._people = people
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises
        ------
        RuntimeError
            If it ends, or does not answer in time.
        """
        self._home.parent.mkdir(parents=True, exist_ok=True)
        with (self._home.parent / "platform.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "benchmarks.labelling.server",
                    str(self._home),
                    str(self._port),
                    *self._people,
                ],
                env=_environment(),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"the platform did not start; see {self._home.parent}/platform.log")
            time.sleep(LOOK_S)

    def kill(self) -> None:
        """End it as a power cut would: it and the processes that it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def link(self, person: str = "") -> str:
        """Return a one-time link that signs a person in; empty: the local owner."""
        return (self._home.parent / (f"link-{person}" if person else "link")).read_text()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=2):
                return True
        except urllib.error.HTTPError:
            return True  # without a supervisor it does not call itself healthy
        except (urllib.error.URLError, OSError):
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HUGGINS_")}

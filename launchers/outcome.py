"""How the end of a command is said to a person: the same sentences from every launcher."""

from __future__ import annotations

import signal
from enum import StrEnum

COMPLETED = "completed"


class Cause(StrEnum):
    """Who ended a command that did not end by itself, as far as that matters to trying it again."""

    MEMORY = "memory"
    TIME = "time"
    NODE = "node"
    PREEMPTED = "preempted"


#: How the sentences of all launchers begin.
_BEGINNINGS = {
    "killed: out of memory": Cause.MEMORY,
    "killed: it ran longer than its limit": Cause.TIME,
    "killed: the time limit of the cluster": Cause.TIME,
    "killed: its node failed": Cause.NODE,
    "killed: the node was restarted": Cause.NODE,
    "killed: its supervisor was killed": Cause.NODE,
    "killed: a job of higher priority": Cause.PREEMPTED,
}


def cause_of(reason: str) -> Cause | None:
    """Return the cause that a launcher's sentence names; None where the command ended by itself."""
    return next((cause for begins, cause in _BEGINNINGS.items() if reason.startswith(begins)), None)


def exited(code: int) -> str:
    """Describe an exit code; 128 + n means that signal n ended it (as shells and Docker count)."""
    if code == 0:
        return COMPLETED
    if code == 127:
        return "exited with code 127: the command was not found"
    if code == 126:
        return "exited with code 126: the command cannot be executed"
    if code > 128:
        try:
            return f"killed by {signal.Signals(code - 128).name} (exit code {code})"
        except ValueError:
            pass
    return f"exited with code {code}"


def out_of_memory(limit_mb: int) -> str:
    """Describe a kill for memory; `limit_mb` in MB (2**20 bytes)."""
    return f"killed: out of memory (limit {limit_mb} MB)"


def out_of_time(limit_s: int) -> str:
    """Describe a kill at the end of the walltime; `limit_s` in seconds."""
    return f"killed: it ran longer than its limit of {limit_s} s"


def stopped(code: int) -> str:
    """Describe the end of what was asked to stop."""
    return f"stopped as asked ({exited(code)})"

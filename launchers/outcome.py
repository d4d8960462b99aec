"""How a launch ended, as data, and the one sentence that is made from it for a person.

The standard library only: agents on other machines use it too.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

COMPLETED = "completed"


class Cause(StrEnum):
    """What ended a command that did not end by itself."""

    MEMORY = "memory"  # it used more memory than its limit
    TIME = "time"  # it ran longer than its limit, or than the cluster's
    NODE = "node"  # the scheduler reports that its machine failed
    RESTARTED = "restarted"  # its machine was restarted
    RUNNER = "runner"  # the command runner beside it was killed
    PREEMPTED = "preempted"  # the scheduler gave its place to another job
    CANCELLED = "cancelled"  # cancelled in the scheduler, not by the platform
    STOPPED = "stopped"  # `Launcher.stop`
    NOT_READY = "not_ready"  # its machine lacks what the launch needs
    LOST = "lost"  # its end was not recorded


@dataclass(frozen=True)
class SchedulerReport:
    """What a cluster's scheduler reports of a job that ended.

    Attributes
    ----------
    job : str
        The job's number, as the scheduler's commands take it.
    state : str
        The scheduler's own state, such as ``NODE_FAIL``; empty if it has forgotten the job.
    reason : str
        The scheduler's own reason; may be empty.
    nodes : str
        Where the job ran; may be empty.
    exit_code : str
        The scheduler's own notation, such as ``1:0``; may be empty.
    """

    job: str
    state: str = ""
    reason: str = ""
    nodes: str = ""
    exit_code: str = ""


@dataclass(frozen=True)
class End:
    """How a launch ended.

    Attributes
    ----------
    exit_code : int or None
        128 + n when signal n ended it; None if the end was not observed, or the command never ran.
    cause : Cause or None
        None: the command ended by itself.
    limit : int or None
        The limit that was exceeded: MB (2**20 bytes) for `Cause.MEMORY`, seconds for `Cause.TIME`.
    scheduler : SchedulerReport or None
        The scheduler's report, where it decided.
    detail : str
        What is missing, of `Cause.NOT_READY`.
    """

    exit_code: int | None = None
    cause: Cause | None = None
    limit: int | None = None
    scheduler: SchedulerReport | None = None
    detail: str = ""

    @property
    def reason(self) -> str:
        """The sentence for a person; the only place where it is made."""
        return _cause_text(self) + (_report_text(self.scheduler, self.cause) if self.scheduler else "")

    def to_json(self) -> dict[str, Any]:
        """Return the fields that `launchers.base.Status` carries on, without the empty ones."""
        report = self.scheduler
        given = {
            "cause": self.cause,
            "limit": self.limit,
            "scheduler": {key: value for key, value in vars(report).items() if value} if report else None,
        }
        return {key: value for key, value in given.items() if value is not None}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Return the end that `to_json` described."""
        cause, report = obj.get("cause"), obj.get("scheduler")
        return cls(
            obj.get("code"),
            Cause(cause) if cause else None,
            obj.get("limit"),
            SchedulerReport(**report) if report else None,
        )


def of_part(number: int, count: int, reason: str) -> str:
    """Return the sentence for a launch in parts that one part ended.

    Parameters
    ----------
    number : int
        The part, counted from 1.
    count : int
        How many parts there are.
    reason : str
        The sentence of the part's own end.
    """
    return f"part {number} of {count}: {reason}"


def _cause_text(end: End) -> str:
    if end.cause is None:
        return _exited(end.exit_code) if end.exit_code is not None else ""
    if end.cause is Cause.LOST:
        return _lost(end.scheduler)
    how = f" ({_exited(end.exit_code)})" if end.exit_code is not None else ", before it began"
    overdue = f"it ran longer than its limit of {end.limit} s"
    if end.scheduler is not None:
        overdue = "the time limit of the cluster was reached"
    return {
        Cause.MEMORY: f"killed: out of memory (limit {end.limit} MB)",
        Cause.TIME: f"killed: {overdue}",
        Cause.NODE: "killed: its node failed",
        Cause.RESTARTED: "killed: the node was restarted",
        Cause.RUNNER: "killed: its supervisor was killed, and the command with it",
        Cause.PREEMPTED: "killed: a job of higher priority took its place",
        Cause.CANCELLED: "killed: it was cancelled in Slurm, not here",
        Cause.STOPPED: f"stopped as asked{how}",
        Cause.NOT_READY: f"killed: {end.detail}",
    }[end.cause]


def _lost(report: SchedulerReport | None) -> str:
    if report is not None and not report.state:
        return f"its job {report.job} left Slurm's queue, and neither Slurm nor its runner says how"
    return "its runner ended without a word"


#: Causes whose sentence names the node.
_PLACED = frozenset({Cause.MEMORY, Cause.NODE, Cause.PREEMPTED, Cause.LOST})


def _report_text(report: SchedulerReport, cause: Cause | None) -> str:
    if not report.state:
        return ""
    text = f"; Slurm says {report.state} of job {report.job}"
    if report.reason and report.reason not in {"None", report.state}:
        text += f" ({report.reason})"
    if cause in _PLACED and report.nodes and not report.nodes.startswith("("):
        text += f" on {report.nodes}"
    return text + (f", exit code {report.exit_code or 'not known'}" if cause is Cause.LOST else "")


def _exited(code: int) -> str:
    """Describe an exit code; 128 + n means that signal n ended it (as shells and Docker count)."""
    if code == 0:
        return COMPLETED
    if code == 127:
        return "exited with code 127: the command was not found"
    if code == 126:
        return "exited with code 126: the command cannot be executed"
    if (number := signal_of(code)) is not None:
        return f"killed by {number.name} (exit code {code})"
    return f"exited with code {code}"


def signal_of(code: int | None) -> signal.Signals | None:
    """Return the signal that an exit code of 128 + n tells of; None if it tells of none."""
    try:
        return signal.Signals(code - 128) if code is not None and code > 128 else None
    except ValueError:
        return None

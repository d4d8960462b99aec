"""How an attempt failed, in one word: what a retry policy speaks of."""

from __future__ import annotations

from enum import StrEnum

from dashboard.jobs.job import ExitRecord
from launchers import Cause, State, Status

BAD_INPUT = 2  # exit code of the runner (contracts.md, section 6)


class Failure(StrEnum):
    """Why an attempt is in error."""

    NODE = "node_failure"  # its machine went down
    MEMORY = "out_of_memory"
    TIME = "time_limit"
    PREEMPTED = "preempted"  # the cluster needed the room
    NOT_STARTED = "not_started"  # the node rejected it, or its image could not be had
    ERROR = "error"  # the module said so, or ended without a word
    INPUT = "input"  # parameters or data that it cannot work with: never better the next time
    UNKNOWN = "unknown"  # nobody saw how


OF_CAUSE = {
    Cause.MEMORY: Failure.MEMORY,
    Cause.TIME: Failure.TIME,
    Cause.NODE: Failure.NODE,
    Cause.RESTARTED: Failure.NODE,
    Cause.RUNNER: Failure.NODE,
    Cause.PREEMPTED: Failure.PREEMPTED,
}


def failure_of(status: Status | None, exit_record: ExitRecord | None) -> Failure:
    """Return the failure of an attempt that ended in error.

    Parameters
    ----------
    status : Status or None
        The launcher's last answer; None: the launcher was not asked.
    exit_record : ExitRecord or None
        The runner's ``exit.json``, if it wrote one.
    """
    ended = status is not None and status.state is State.EXITED
    cause = status.cause if status is not None and ended else None
    if cause in OF_CAUSE:
        return OF_CAUSE[cause]
    if exit_record is not None:
        if exit_record.outcome == "aborted":  # neither the platform nor the node says who aborted it
            return Failure.UNKNOWN
        return Failure.INPUT if exit_record.exit_code == BAD_INPUT else Failure.ERROR
    if not ended or status is None or status.exit_code is None:
        return Failure.UNKNOWN
    return Failure.ERROR

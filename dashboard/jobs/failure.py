"""The kinds of failure that a retry policy names."""

from __future__ import annotations

from enum import StrEnum

from dashboard.jobs.job import ExitRecord
from launchers import Cause, State, Status

BAD_INPUT = 2  # exit code of the runner (contracts.md, section 6)


class Failure(StrEnum):
    """Why an attempt is in error."""

    NODE = "node_failure"  # its machine failed
    MEMORY = "out_of_memory"
    TIME = "time_limit"
    PREEMPTED = "preempted"  # the cluster needed the resources
    NOT_STARTED = "not_started"  # the node rejected it, or its image is missing
    ERROR = "error"  # the module reported an error, or ended without exit file
    INPUT = "input"  # invalid parameters or data: a retry would fail again
    UNKNOWN = "unknown"  # the cause is not known


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
        The last status of the launcher; None: it was not queried.
    exit_record : ExitRecord or None
        The runner's ``exit.json``, if it wrote one.
    """
    ended = status is not None and status.state is State.EXITED
    cause = status.cause if status is not None and ended else None
    if cause in OF_CAUSE:
        return OF_CAUSE[cause]
    if exit_record is not None:
        if exit_record.outcome == "aborted":  # neither the platform nor the node names the cause
            return Failure.UNKNOWN
        return Failure.INPUT if exit_record.exit_code == BAD_INPUT else Failure.ERROR
    if not ended or status is None or status.exit_code is None:
        return Failure.UNKNOWN
    return Failure.ERROR

"""Every sentence that the supervisor writes beside a job: why it waits, how it ended, when it is retried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard.base.storage import is_storage_full
from launchers import ImageMissing, LaunchError, Status

ABORTED = "aborted"
ABORTED_BEFORE_START = "aborted before it started"
FOLDER_HIDDEN = "its folder cannot be seen: is the shared folder mounted?"
STOPPING = "is stopping"
NO_REASON = "no reason given"
FAILED = "it failed without a reason"
CODE_NOT_STARTED = "is running; its code has not started yet"
NOTHING_PRINTED = "It printed nothing"


# Why a job waits


def user_limit(owner: str, running: int, limit: int) -> str:
    """Return that a job waits because its owner has as many running as allowed.

    Parameters
    ----------
    owner : str
        The user.
    running : int
        The number of the user's running jobs.
    limit : int
        The most running jobs of one user.

    Returns
    -------
    str
        The reason, without a full stop.
    """
    return f"waits for another job of {owner} to end: {running} run, one person may have {limit}"


def no_room(node: str | None) -> str:
    """Return that a job waits for free capacity on a node, or (None) on any."""
    return f"waits for room on {node or 'a node'}"


def no_node(fits: Mapping[str, Sequence[str]]) -> str:
    """Return that no node can run a job, with the reasons of each node."""
    told = "; ".join(f"{name} {', '.join(why)}" for name, why in fits.items())
    return f"no node can run it: {told or 'there is none'}"


def node_closed(node: str, why: str) -> str:
    """Return why a node takes no new jobs."""
    return f"node {node} {why}"


MAINTENANCE = "waits until the maintenance of the platform has ended"


def quota_waits(sentence: str) -> str:
    """Return that a job waits because of a quota; `sentence` has the facts."""
    return f"waits for room in a quota: {sentence.removesuffix('.')}"


def all_closed(nodes: Mapping[str, str]) -> str:
    """Return that no node takes new jobs, with the reason of each."""
    told = "; ".join(f"{name} {why}" for name, why in nodes.items())
    return f"no node takes jobs now: {told}" if told else "no node takes jobs now"


def node_unknown(node: str) -> str:
    """Return that a job waits for a node which is not configured."""
    return f"node {node} is not in the settings: add it, or abort this job and choose another"


# What is known of an attempt


def node_removed(node: str) -> str:
    """Return that the node of an attempt is not configured any more."""
    return f"node {node} is not in the settings"


def launcher_changed(node: str, before: str, now: str) -> str:
    """Return that the node of an attempt has another kind of launcher now.

    Parameters
    ----------
    node : str
        The node.
    before : str
        The kind that started the attempt.
    now : str
        The kind that the node has now.

    Returns
    -------
    str
        The reason, without a full stop.
    """
    return f"node {node} used {before} for it and uses {now} now"


def unreachable(why: str) -> str:
    """Return what to do about an attempt whose node cannot be queried with these settings."""
    return f"{why}: restore the setting, or abort this job"


def node_down(node: str, why: str) -> str:
    """Return that a node does not answer."""
    return f"node {node} does not answer: {why}"


def node_rejected(node: str, why: str) -> str:
    """Return that a node rejected a request."""
    return f"node {node} rejected: {why}"


def starting(node: str, why: str) -> str:
    """Return that an attempt is being started."""
    return why or f"is being started on node {node}"


def state_unknown(node: str, why: str) -> str:
    """Return that a node does not know the state of an attempt."""
    return f"node {node} cannot report its state: {why or NO_REASON}"


def missing(node: str, attempt: str) -> str:
    """Return that a node does not list an attempt."""
    return f"node {node} has nothing called {attempt}; looking again"


def silent(since: str) -> str:
    """Return since when a running attempt has not touched its heartbeat."""
    return f"no heartbeat since {since}"


def disk_interrupts(error: OSError) -> str:
    """Return that a disk interrupts the work on a job."""
    return f"{of_disk(error)}. The results are kept; the job continues when this is resolved"


def defect(error: Exception) -> str:
    """Return that an unexpected error of the platform interrupts the work on a job."""
    return f"an internal error of the platform interrupts it: {error!r}"


# How an attempt ended


def aborted_unreachable(why: str) -> str:
    """Return that a job was aborted while its node could not be queried."""
    return f"aborted; it may still run: {why}"


def stopped_elsewhere(status: Status | None, runner: str) -> str:
    """Return who stopped an attempt that nobody aborted here: the node's reason, else the runner's."""
    by_node = status.reason if status is not None else ""
    return by_node or f"stopped, though nobody aborted it here: {runner or NO_REASON}"


def gone(node: str) -> str:
    """Return that a container disappeared from its node."""
    return f"it is no longer on node {node}: it was removed there, or the node was set up anew"


def exited(status: Status, *, begun: bool) -> str:
    """Return how a container ended; `begun`: whether its code had started."""
    how = "it ended; the cause is not known"
    if status.exit_code is not None:
        how = f"exited with code {status.exit_code}"
    return (status.reason or how) + ("" if begun else ", before its code started")


def not_started(error: Exception, node: str) -> str:
    """Return why an attempt could not be started."""
    match error:
        case ImageMissing():
            return f"cannot start on node {node}: {error.reason}"
        case LaunchError():
            return f"node {node} rejected it: {error.reason}"
        case OSError():
            return f"its folder cannot be written: {of_disk(error)}"
        case _:
            return f"cannot start: {error}"


def with_log(reason: str, lines: str) -> str:
    """Return a reason with the last lines of the log."""
    return f"{reason}. Last log lines: {lines}" if lines else f"{reason}. {NOTHING_PRINTED}"


def without_log(reason: str, why: str) -> str:
    """Return a reason where the log cannot be read."""
    return f"{reason}. Its output is not available: {why}"


def retried(failure: str, reason: str, number: int, allowed: int, seconds: float) -> str:
    """Return how an attempt failed and when the next one starts.

    Parameters
    ----------
    failure, reason : str
        The kind of failure (`dashboard.jobs.failure.Failure`), and the reason of the attempt's end.
    number, allowed : int
        Which retry after this kind of failure the next attempt is, and how many there may be.
    seconds : float
        Until the next attempt may start.
    """
    kind = failure.replace("_", " ")
    return f"failed ({kind}): {reason}. It is retried ({number} of {allowed}) in {seconds:g} s"


def of_disk(error: OSError) -> str:
    """Return what a disk could not do, and what to do about it."""
    if is_storage_full(error):
        return "the disk is full: make room below the platform's folder"
    return f"{error.strerror or error} ({Path(error.filename).name})" if error.filename else str(error)

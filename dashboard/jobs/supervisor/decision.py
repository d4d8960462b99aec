"""Decides what to do next with a job: one pure function over its rows and an observation of its attempt.

Every crash point of the supervisor is a combination of its arguments, so each can be tested without a crash.
Rules (docs/dashboard.md, Jobs): exit file > launcher's status > heartbeat; an unknown state is never an end;
before an attempt is started its name is looked up on the node.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.jobs.job import Attempt, AttemptState, DesiredState, ExitRecord, Job, Phase
from dashboard.jobs.supervisor import messages
from launchers import Handle, State, Status


@dataclass(frozen=True)
class Observation:
    """What files and nodes say of an attempt now.

    Attributes
    ----------
    exit : ExitRecord or None
        The runner's ``exit.json``.
    begun : bool
        Whether ``begin.json`` is there.
    silent_since : str or None
        When the heartbeat was last touched, if that is longer ago than the grace.
    status : Status or None
        The launcher's answer, of an attempt whose handle is known.
    found : Handle or None
        What the node has under the name of an attempt whose handle is not known.
    node_error : str
        Not empty: the node did not answer, and nothing may be concluded from `status` and `found`.
    unreachable : str
        Not empty: with the current settings the platform cannot query the node of the attempt.
    hidden : bool
        The folder of the attempt (of one without a handle: the folder of all jobs) cannot be seen. A shared
        folder is not mounted, so the absence of an exit file proves nothing.
    missing_long : bool
        The node has not listed the container for longer than the grace.
    """

    exit: ExitRecord | None = None
    begun: bool = False
    silent_since: str | None = None
    status: Status | None = None
    found: Handle | None = None
    node_error: str = ""
    unreachable: str = ""
    hidden: bool = False
    missing_long: bool = False


@dataclass(frozen=True)
class Wait:
    """Nothing to do; `reason` is shown beside the phase."""

    reason: str = ""


@dataclass(frozen=True)
class Launch:
    """Write the job folder and start the attempt; the node has nothing of its name."""


@dataclass(frozen=True)
class Attach:
    """Record the handle of an attempt that was already started."""

    handle: Handle


@dataclass(frozen=True)
class Execute:
    """Record that the job is executing."""


@dataclass(frozen=True)
class Stop:
    """Stop the container; the next round sees its end."""


@dataclass(frozen=True)
class Missing:
    """Record since when the container is missing, and look again later."""


@dataclass(frozen=True)
class Finish:
    """Record how the job ended. `explain`: add the last lines of the log to the reason.

    `failure` is the `dashboard.jobs.failure.Failure` of an error: the job's policy may allow another attempt.
    `cause` is the `launchers.Cause` that the node reported.
    """

    phase: Phase
    reason: str
    exit_code: int | None = None
    explain: bool = False
    failure: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Remove:
    """Remove the container; everything is recorded."""


ALIVE = frozenset({State.STARTING, State.RUNNING})
Action = Wait | Launch | Attach | Execute | Stop | Missing | Finish | Remove


def decide(job: Job, attempt: Attempt | None, seen: Observation) -> Action:  # noqa: C901, PLR0911 a ladder of rules
    """Return what to do next.

    Parameters
    ----------
    job : Job
        Its row.
    attempt : Attempt or None
        The row of the attempt that is not cleaned up; None: there is none.
    seen : Observation
        What files and nodes say of the attempt.
    """
    if attempt is not None and attempt.state is AttemptState.ENDED:
        return Remove()
    if job.final:
        return Wait()
    abort = job.desired_state is DesiredState.ABORT
    if attempt is None:
        if abort:
            return Finish(Phase.ABORTED, messages.ABORTED_BEFORE_START)
        return Wait()  # placement gives it a node
    if seen.exit is not None:
        return _from_exit(seen.exit, seen.status, abort)
    if seen.unreachable:
        if abort:
            return Finish(Phase.ABORTED, messages.aborted_unreachable(seen.unreachable))
        return Wait(messages.unreachable(seen.unreachable))
    if seen.hidden and not abort:
        return Wait(messages.FOLDER_HIDDEN)
    if seen.node_error:
        return Wait(messages.node_down(attempt.node, seen.node_error))
    if attempt.handle is None:
        return _from_name(seen, abort)
    return _from_status(job, attempt, seen, abort)


def _from_exit(ended: ExitRecord, status: Status | None, abort: bool) -> Action:
    if ended.outcome == "completed":
        return Finish(Phase.COMPLETED, ended.reason, ended.exit_code)
    if ended.outcome == "aborted" and abort:
        return Finish(Phase.ABORTED, ended.reason or messages.ABORTED, ended.exit_code)
    if ended.outcome == "aborted" and status is not None and status.state in ALIVE:
        return Wait(messages.STOPPING)  # who stopped it is known to its node, once it has ended there
    if ended.outcome == "aborted":
        # Only the node knows who stopped it: a time limit, a shutdown of the machine, …
        by_node = status if status is not None and status.state is State.EXITED else None
        return Finish(Phase.ERROR, messages.stopped_elsewhere(by_node, ended.reason), ended.exit_code)
    return Finish(Phase.ERROR, ended.reason, ended.exit_code, explain=not ended.reason)


def _from_name(seen: Observation, abort: bool) -> Action:
    if seen.found is not None:
        return Attach(seen.found)
    return Finish(Phase.ABORTED, messages.ABORTED_BEFORE_START) if abort else Launch()


def _from_status(job: Job, attempt: Attempt, seen: Observation, abort: bool) -> Action:  # noqa: PLR0911 as above
    status = seen.status or Status(State.UNKNOWN, None, "its state was not queried")
    match status.state:
        case State.EXITED:
            return _from_end(status, seen, abort)
        case State.MISSING if abort:
            return Finish(Phase.ABORTED, messages.ABORTED)
        case State.MISSING if seen.missing_long:
            return Finish(Phase.ERROR, messages.gone(attempt.node), explain=True)
        case State.MISSING:
            return Missing()
        case _ if abort:
            return Stop()
        case State.STARTING:
            return Wait(messages.starting(attempt.node, status.reason))
        case State.UNKNOWN:
            return Wait(messages.state_unknown(attempt.node, status.reason))
        case _ if job.phase is Phase.QUEUED:
            return Execute()
        case _:
            return Wait(_running(seen))


def _from_end(status: Status, seen: Observation, abort: bool) -> Action:
    if abort:
        return Finish(Phase.ABORTED, messages.ABORTED, status.exit_code)
    reason = messages.exited(status, begun=seen.begun)
    return Finish(Phase.ERROR, reason, status.exit_code, explain=True)


def _running(seen: Observation) -> str:
    if not seen.begun:
        return messages.CODE_NOT_STARTED
    return messages.silent(seen.silent_since) if seen.silent_since else ""

"""What to do next with a job: one pure function over what is written down and what is seen.

Every crash point of the supervisor is a combination of its arguments, so each can be tested without a crash.
Rules (docs/dashboard.md, Jobs): exit file > launcher's status > heartbeat; "not known" is never "dead";
on ambiguity the name is looked up before anything is started.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.jobs.job import Attempt, AttemptState, DesiredState, ExitRecord, Job, Phase
from launchers import Handle, State, Status


@dataclass(frozen=True)
class Observation:
    """What the world looks like now.

    Attributes
    ----------
    exit : ExitRecord or None
        What the runner wrote last.
    begun : bool
        Whether ``begin.json`` is there.
    silent_since : str or None
        When it last gave a sign of life, if that is too long ago.
    status : Status or None
        The launcher's answer, of an attempt whose handle is known.
    found : Handle or None
        What the node has under the attempt's name, of one whose handle is not known.
    trouble : str
        Not empty: the node did not answer, and nothing may be concluded from `status` and `found`.
    unreachable : str
        Not empty: this platform cannot ask the node that has it at all, as the settings are now.
    hidden : bool
        Its folder, which was there when it was started, or the one that it would get its own in, cannot be
        seen: a shared folder is not mounted, so that no exit file is no proof.
    missing_long : bool
        The node has said "no such container" for longer than the grace.
    """

    exit: ExitRecord | None = None
    begun: bool = False
    silent_since: str | None = None
    status: Status | None = None
    found: Handle | None = None
    trouble: str = ""
    unreachable: str = ""
    hidden: bool = False
    missing_long: bool = False


@dataclass(frozen=True)
class Wait:
    """Nothing to do; `reason` is what the person should read beside the phase."""

    reason: str = ""


@dataclass(frozen=True)
class Launch:
    """Write the folder and start it; the node has nothing of that name."""


@dataclass(frozen=True)
class Attach:
    """Write down the handle of what was already started."""

    handle: Handle


@dataclass(frozen=True)
class Execute:
    """It runs: say so."""


@dataclass(frozen=True)
class Stop:
    """End what runs; what comes of it is seen in the next round."""


@dataclass(frozen=True)
class Missing:
    """Note since when it is missing, and look again."""


@dataclass(frozen=True)
class Finish:
    """Record how it ended. `explain`: add the last words of the log, nobody said why.

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
    """Everything is recorded: take the container away."""


Action = Wait | Launch | Attach | Execute | Stop | Missing | Finish | Remove


def decide(job: Job, attempt: Attempt | None, seen: Observation) -> Action:  # noqa: C901, PLR0911 a ladder of rules
    """Return what to do next."""
    if attempt is not None and attempt.state is AttemptState.ENDED:
        return Remove()
    if job.final:
        return Wait()
    abort = job.desired_state is DesiredState.ABORT
    if attempt is None:
        if abort:
            return Finish(Phase.ABORTED, "aborted before it began")
        return Wait()  # placement gives it a node
    if seen.exit is not None:
        return _from_exit(seen.exit, seen.status, abort)
    if seen.unreachable:
        if abort:
            return Finish(Phase.ABORTED, f"aborted; it may still run: {seen.unreachable}")
        return Wait(f"{seen.unreachable}: set it as it was, or abort this job")
    if seen.hidden and not abort:
        return Wait("its folder cannot be seen: is the shared folder mounted?")
    if seen.trouble:
        return Wait(f"node {attempt.node} does not answer: {seen.trouble}")
    if attempt.handle is None:
        return _from_name(seen, abort)
    return _from_status(job, attempt, seen, abort)


def _from_exit(ended: ExitRecord, status: Status | None, abort: bool) -> Action:
    if ended.outcome == "completed":
        return Finish(Phase.COMPLETED, ended.reason, ended.exit_code)
    if ended.outcome == "aborted" and abort:
        return Finish(Phase.ABORTED, ended.reason or "aborted", ended.exit_code)
    if ended.outcome == "aborted":
        # Only the node knows who stopped it: the time was up, the machine went down …
        by_node = status.reason if status is not None and status.state is State.EXITED else ""
        reason = by_node or f"stopped, though nobody aborted it here: {ended.reason or 'no reason given'}"
        return Finish(Phase.ERROR, reason, ended.exit_code)
    return Finish(Phase.ERROR, ended.reason, ended.exit_code, explain=not ended.reason)


def _from_name(seen: Observation, abort: bool) -> Action:
    if seen.found is not None:
        return Attach(seen.found)
    return Finish(Phase.ABORTED, "aborted before it began") if abort else Launch()


def _from_status(job: Job, attempt: Attempt, seen: Observation, abort: bool) -> Action:  # noqa: PLR0911 as above
    status = seen.status or Status(State.UNKNOWN, None, "its state was not asked for")
    match status.state:
        case State.EXITED:
            return _from_end(status, seen, abort)
        case State.MISSING if abort:
            return Finish(Phase.ABORTED, "aborted")
        case State.MISSING if seen.missing_long:
            gone = (
                f"it is no longer on node {attempt.node}: it was removed there, or the node was set up anew"
            )
            return Finish(Phase.ERROR, gone, explain=True)
        case State.MISSING:
            return Missing()
        case _ if abort:
            return Stop()
        case State.STARTING:
            return Wait(status.reason or f"is being started on node {attempt.node}")
        case State.UNKNOWN:
            return Wait(f"node {attempt.node} cannot say how it is: {status.reason or 'no reason given'}")
        case _ if job.phase is Phase.QUEUED:
            return Execute()
        case _:
            return Wait(_running(seen))


def _from_end(status: Status, seen: Observation, abort: bool) -> Action:
    reason = status.reason or (
        "it ended, nobody saw how" if status.exit_code is None else f"exited with code {status.exit_code}"
    )
    if abort:
        return Finish(Phase.ABORTED, "aborted", status.exit_code)
    if not seen.begun:
        reason += ", before its code began"
    return Finish(Phase.ERROR, reason, status.exit_code, explain=True)


def _running(seen: Observation) -> str:
    if not seen.begun:
        return "runs; its code has not begun yet"
    if seen.silent_since:
        return f"has given no sign of life since {seen.silent_since}"
    return ""

"""What is decided from what is written down and what is seen: each row is a state after some crash."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from dashboard.base.resources import Resources
from dashboard.jobs.job import FINAL, Attempt, AttemptState, DesiredState, ExitRecord, Job, Phase
from dashboard.jobs.supervisor.decision import (
    Action,
    Attach,
    Execute,
    Finish,
    Launch,
    Missing,
    Observation,
    Remove,
    Stop,
    Wait,
    decide,
)
from launchers import Handle, State, Status

HANDLE = Handle("fake", "h-j-1", "1")
JOB = Job(
    id="j",
    owner="owner",
    label="",
    note="",
    action="train",
    module="toy",
    module_version="1",
    image="",
    phase=Phase.QUEUED,
    desired_state=DesiredState.RUN,
    reason="",
    parameters={},
    recipe=None,
    dataset="d",
    input={},
    node="any",
    resources=Resources(),
    parent=None,
    progress=None,
    metrics=None,
    created="2026-01-01T00:00:00.000Z",
    started=None,
    ended=None,
)
INTENDED = Attempt(
    id="h-j-1",
    job="j",
    number=1,
    node="local",
    launcher="fake",
    state=AttemptState.INTENDED,
    handle=None,
    exit_code=None,
    reason="",
    missing_since=None,
    intended="2026-01-01T00:00:00.000Z",
    launched=None,
    ended=None,
)
LAUNCHED = replace(INTENDED, state=AttemptState.LAUNCHED, handle=HANDLE.to_json())
RUNNING = Observation(begun=True, status=Status(State.RUNNING))
STOPPED_ITSELF = ExitRecord("aborted", "Stopped on request.", 3, None)
DONE = ExitRecord("completed", "", 0, None)
HIDDEN = "its folder cannot be seen: is the shared folder mounted?"
EXECUTING = replace(JOB, phase=Phase.EXECUTING)
ABORTED_QUEUED = replace(JOB, desired_state=DesiredState.ABORT)
ABORTED_EXECUTING = replace(EXECUTING, desired_state=DesiredState.ABORT)


def died(reason: str = "") -> Observation:
    return Observation(begun=True, status=Status(State.EXITED, 3, reason))


@pytest.mark.parametrize(
    ("job", "attempt", "seen", "action"),
    [
        (JOB, None, Observation(), Wait()),
        (ABORTED_QUEUED, None, Observation(), Finish(Phase.ABORTED, "aborted before it started")),
        (JOB, INTENDED, Observation(), Launch()),
        (JOB, INTENDED, Observation(found=HANDLE), Attach(HANDLE)),
        (JOB, INTENDED, Observation(node_error="x"), Wait("node local does not answer: x")),
        (JOB, INTENDED, Observation(exit=DONE), Finish(Phase.COMPLETED, "", 0)),
        (ABORTED_QUEUED, INTENDED, Observation(), Finish(Phase.ABORTED, "aborted before it started")),
        (ABORTED_QUEUED, INTENDED, Observation(found=HANDLE), Attach(HANDLE)),
        (ABORTED_QUEUED, INTENDED, Observation(node_error="x"), Wait("node local does not answer: x")),
        (JOB, LAUNCHED, RUNNING, Execute()),
        (JOB, LAUNCHED, Observation(status=Status(State.STARTING)), Wait("is being started on node local")),
        (EXECUTING, LAUNCHED, RUNNING, Wait("")),
        (
            EXECUTING,
            LAUNCHED,
            Observation(status=Status(State.RUNNING)),
            Wait("is running; its code has not started yet"),
        ),
        (EXECUTING, LAUNCHED, replace(RUNNING, exit=DONE), Finish(Phase.COMPLETED, "", 0)),
        (EXECUTING, LAUNCHED, died("oom"), Finish(Phase.ERROR, "oom", 3, explain=True)),
        (EXECUTING, LAUNCHED, died(), Finish(Phase.ERROR, "exited with code 3", 3, explain=True)),
        (EXECUTING, LAUNCHED, Observation(status=Status(State.MISSING)), Missing()),
        (
            EXECUTING,
            LAUNCHED,
            Observation(exit=DONE, status=Status(State.MISSING)),
            Finish(Phase.COMPLETED, "", 0),
        ),
        (EXECUTING, LAUNCHED, Observation(exit=DONE, node_error="x"), Finish(Phase.COMPLETED, "", 0)),
        (EXECUTING, LAUNCHED, replace(died("killed"), hidden=True), Wait(HIDDEN)),
        (EXECUTING, LAUNCHED, replace(RUNNING, hidden=True, exit=DONE), Finish(Phase.COMPLETED, "", 0)),
        (EXECUTING, LAUNCHED, replace(RUNNING, exit=STOPPED_ITSELF), Wait("is stopping")),
        (
            EXECUTING,
            LAUNCHED,
            Observation(
                exit=STOPPED_ITSELF, status=Status(State.EXITED, 3, "ran longer than its limit of 6 s")
            ),
            Finish(Phase.ERROR, "ran longer than its limit of 6 s", 3),
        ),
        (ABORTED_EXECUTING, LAUNCHED, replace(RUNNING, hidden=True), Stop()),
        (ABORTED_EXECUTING, LAUNCHED, RUNNING, Stop()),
        (ABORTED_EXECUTING, LAUNCHED, Observation(status=Status(State.UNKNOWN)), Stop()),
        (ABORTED_EXECUTING, LAUNCHED, died("killed"), Finish(Phase.ABORTED, "aborted", 3)),
        (
            ABORTED_EXECUTING,
            LAUNCHED,
            Observation(status=Status(State.MISSING)),
            Finish(Phase.ABORTED, "aborted"),
        ),
        (ABORTED_EXECUTING, LAUNCHED, Observation(exit=DONE), Finish(Phase.COMPLETED, "", 0)),
        (
            replace(JOB, phase=Phase.COMPLETED),
            replace(LAUNCHED, state=AttemptState.ENDED),
            Observation(),
            Remove(),
        ),
        (replace(JOB, phase=Phase.COMPLETED), None, Observation(), Wait()),
    ],
)
def test_a_state_has_one_next_action(
    job: Job, attempt: Attempt | None, seen: Observation, action: Action
) -> None:
    assert decide(job, attempt, seen) == action


def test_only_an_aborted_job_is_given_up_where_its_node_cannot_be_asked() -> None:
    lost = Observation(unreachable="node local is not in the settings")
    assert isinstance(decide(EXECUTING, LAUNCHED, lost), Wait)
    ended = decide(ABORTED_EXECUTING, LAUNCHED, lost)
    assert isinstance(ended, Finish)
    assert ended.phase is Phase.ABORTED
    assert "may still run" in ended.reason


def test_whatever_is_seen_an_end_has_a_reason_and_nothing_starts_beside_something_that_may_run() -> None:
    exits = [None, DONE, *(ExitRecord(outcome, "", None, None) for outcome in ("error", "aborted"))]
    statuses = [None, *(Status(state, code) for state in State for code in (None, 0, 9))]
    jobs = [JOB, EXECUTING, ABORTED_QUEUED, ABORTED_EXECUTING]
    switches = list(itertools.product([False, True], [False, True], ["", "x"], ["", "y"], [None, HANDLE]))
    for job, attempt, ended, status in itertools.product(jobs, [None, INTENDED, LAUNCHED], exits, statuses):
        for begun, long, node_error, unreachable, found in switches:
            seen = Observation(
                exit=ended,
                begun=begun,
                status=status,
                found=found,
                node_error=node_error,
                unreachable=unreachable,
                missing_long=long,
            )
            action = decide(job, attempt, seen)
            if isinstance(action, Finish):
                assert action.phase in FINAL
                assert action.reason or action.explain or action.phase is Phase.COMPLETED
            if isinstance(action, Launch):
                assert attempt is INTENDED
                assert [node_error, unreachable, found, ended] == ["", "", None, None]
            if isinstance(action, Finish) and action.phase is Phase.ERROR and ended is None:
                assert node_error + unreachable == ""
                assert status is not None
                assert status.state in {State.EXITED, State.MISSING}

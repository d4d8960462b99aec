"""Trying again: which failures, how often, from where; automatically and manually."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.base.errors import Conflict, Invalid
from dashboard.database.tables import attempts, jobs
from dashboard.jobs.failure import Failure, failure_of
from dashboard.jobs.job import AttemptState, ExitRecord, Job, Phase
from dashboard.jobs.retry_policy import RetryPolicy
from dashboard.jobs.supervisor.decision import Observation
from dashboard.jobs.supervisor.retry import next_attempt
from dashboard.platform import Platform
from launchers import Cause, LaunchSpec, State, Status
from launchers.fake import Script
from launchers.outcome import End
from launchers.slurm.states import Job as ClusterJob
from launchers.slurm.states import end_of
from tests.platform.world import Container, World, run_on, settle, submit, succeed
from tests.unit.dashboard.jobs.test_decision import LAUNCHED

NOW = "2026-01-01T00:00:00.000Z"


def exited(cause: Cause | None, code: int | None = 137, ended: ExitRecord | None = None) -> Observation:
    return Observation(begun=True, status=Status.ended(End(code, cause, 100)), exit=ended)


def said(result: str, code: int) -> ExitRecord:
    return ExitRecord(result, "so it is", code, None)


@pytest.mark.parametrize(
    ("seen", "failure"),
    [
        (exited(Cause.MEMORY), Failure.MEMORY),
        (exited(Cause.TIME), Failure.TIME),
        (exited(Cause.TIME, 130, said("aborted", 130)), Failure.TIME),
        (exited(Cause.RESTARTED, None), Failure.NODE),
        (exited(Cause.RUNNER, None), Failure.NODE),
        (exited(None, 1), Failure.ERROR),
        (exited(None, 1, said("error", 1)), Failure.ERROR),
        (exited(None, 2, said("error", 2)), Failure.INPUT),
        (exited(Cause.STOPPED, 130, said("aborted", 130)), Failure.UNKNOWN),
        (exited(None, None), Failure.UNKNOWN),
        (Observation(status=Status(State.MISSING)), Failure.UNKNOWN),
    ],
)
def test_a_failure_has_a_name(seen: Observation, failure: Failure) -> None:
    assert failure_of(seen.status, seen.exit) is failure


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        ("TIMEOUT", Failure.TIME),
        ("OUT_OF_MEMORY", Failure.MEMORY),
        ("NODE_FAIL", Failure.NODE),
        ("BOOT_FAIL", Failure.NODE),
        ("PREEMPTED", Failure.PREEMPTED),
        ("FAILED", Failure.ERROR),
    ],
)
def test_what_slurm_says_has_a_name_too(state: str, failure: Failure) -> None:
    end = end_of(ClusterJob("7", state, exit_code="1:0", nodes="n1"), {"memory_mb": 100}, 1)
    assert failure_of(Status.ended(end), None) is failure


@pytest.mark.parametrize(
    ("given", "times", "backoff_s"),
    [
        ("node_failure:2, error", {"node_failure": 2, "error": 1}, 30.0),
        ({"times": {"time_limit": 3}, "backoff_s": 0}, {"time_limit": 3}, 0.0),
    ],
)
def test_a_policy_can_be_written_in_two_ways(given: object, times: dict[str, int], backoff_s: float) -> None:
    policy = RetryPolicy.from_json(given)
    assert policy == RetryPolicy(times, backoff_s)
    assert RetryPolicy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize("given", [None, "", {}, {"times": {}}, {"times": {"error": 0}}])
def test_nothing_said_means_never(given: object) -> None:
    assert RetryPolicy.from_json(given) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("often", "is not one of"),
        ("input:1", "is not one of"),
        ("error:many", "node_failure:2"),
        ({"times": {"error": 21}}, "from 0 to 20"),
        ({"times": {"error": True}}, "from 0 to 20"),
        ({"times": [1]}, "must name failures"),
        ({"times": {"error": 1}, "backoff_s": -1}, "backoff_s"),
        ({"times": {"error": 1}, "backoff_s": "soon"}, "backoff_s"),
        ({"how": 1}, "must be"),
        (3, "must be"),
    ],
)
def test_a_policy_that_makes_no_sense_is_rejected(given: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RetryPolicy.from_json(given)


def test_each_failure_is_counted_by_itself_and_the_wait_doubles() -> None:
    policy = RetryPolicy({"error": 2, "node_failure": 1}, 10.0)
    failed = [failure_at(1, "error"), failure_at(2, "node_failure"), LAUNCHED]
    scheduled = next_attempt(policy, failed, "error", "oops", NOW)
    assert scheduled is not None
    assert scheduled.not_before == "2026-01-01T00:00:40.000Z"
    assert scheduled.reason == "failed (error): oops. It is retried (2 of 2) in 40 s"
    assert next_attempt(policy, failed, "node_failure", "oops", NOW) is None
    assert next_attempt(policy, failed, "input", "oops", NOW) is None
    assert next_attempt(None, failed, "error", "oops", NOW) is None


def failure_at(number: int, failure: str) -> Any:
    return type(LAUNCHED)(
        **{**LAUNCHED.__dict__, "id": f"h-j-{number}", "number": number, "failure": failure}
    )


class Failing:
    """Fails so many times, then succeeds; leaves a checkpoint each time, if it is to."""

    def __init__(self, times: int, cause: Cause | None = None, checkpoint: bool = False) -> None:
        self.times = times
        self.cause = cause
        self.checkpoint = checkpoint
        self.begun_from: list[tuple[Any, bytes | None]] = []

    def __call__(self, spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        brought = [mount.source for mount in spec.mounts if mount.target == "/job/in/checkpoint"]
        state = (brought[0] / "state.bin").read_bytes() if brought else None
        self.begun_from.append((container.job["checkpoint"], state))
        if len(self.begun_from) > self.times:
            return succeed(spec)
        container.begin()
        if self.checkpoint:
            leave(container, len(self.begun_from))
        return Script(exit_code=1, cause=self.cause)


def leave(container: Container, step: int, content: bytes | None = None) -> None:
    """Leave a checkpoint as a runner does."""
    state = f"after {step}".encode()
    container.write(f"checkpoint/{step:06d}/state.bin", (content or state).decode())
    file = {"path": "state.bin", "size": len(state), "sha256": hashlib.sha256(state).hexdigest()}
    container.write(
        "checkpoint/checkpoint.json",
        {"schema": 1, "folder": f"{step:06d}", "step": step, "time": NOW, "files": [file]},
    )


NOW_AT_ONCE = {"backoff_s": 0}


async def test_a_job_is_tried_again_after_the_failures_that_its_policy_names(
    world: World, platform: Platform
) -> None:
    world.behave = Failing(2, Cause.RESTARTED)
    job = await submit(platform, retry={"times": {"node_failure": 2}, **NOW_AT_ONCE})
    job = await settle(platform, job, passes=12)
    tries = await platform.jobs.attempts(job.id)
    assert job.phase is Phase.COMPLETED
    assert [one.failure for one in tries] == ["node_failure", "node_failure", ""]
    assert {one.state for one in tries} == {AttemptState.REMOVED}
    assert world.started() == [one.id for one in tries]
    kinds = [event.kind for event in await platform.jobs.events(job.id)]
    assert kinds.count("retry") == 2


async def test_a_failure_that_it_does_not_name_ends_it(world: World, platform: Platform) -> None:
    world.behave = Failing(2)
    job = await settle(platform, await submit(platform, retry="node_failure:2"))
    assert job.phase is Phase.ERROR
    assert len(world.started()) == 1


async def test_it_ends_in_error_when_it_has_been_tried_often_enough(world: World, platform: Platform) -> None:
    world.behave = Failing(5)
    job = await submit(platform, retry={"times": {"error": 1}, **NOW_AT_ONCE})
    job = await settle(platform, job, passes=12)
    assert (job.phase, len(world.started())) == (Phase.ERROR, 2)


async def test_it_waits_before_it_is_tried_again_and_says_so(world: World, platform: Platform) -> None:
    world.behave = Failing(1)
    job = await settle(platform, await submit(platform, retry={"times": {"error": 1}, "backoff_s": 600}))
    assert (job.phase, len(world.started())) == (Phase.QUEUED, 1)
    assert "failed (error)" in job.reason
    assert "retried (1 of 1) in 600 s" in job.reason
    async with platform.database.write() as connection:
        await connection.execute(update(jobs).values(not_before=clock.now()))
    assert (await settle(platform, job)).phase is Phase.COMPLETED


async def test_a_job_that_waits_to_be_tried_again_can_be_aborted(world: World, platform: Platform) -> None:
    world.behave = Failing(1)
    job = await settle(platform, await submit(platform, retry={"times": {"error": 1}, "backoff_s": 600}))
    await platform.abort(job.id, OWNER)
    job = await settle(platform, job)
    assert (job.phase, len(world.started())) == (Phase.ABORTED, 1)


async def test_a_job_that_is_to_be_aborted_is_not_tried_again(world: World, platform: Platform) -> None:
    world.behave = run_on
    job = await submit(platform, retry={"times": {"error": 3}, **NOW_AT_ONCE})
    await platform.supervisor.reconcile()
    [attempt] = await platform.jobs.attempts(job.id)
    world.node.finish(attempt.id, 1)
    await platform.abort(job.id, OWNER)
    job = await settle(platform, job)
    assert (job.phase, len(world.started())) == (Phase.ABORTED, 1)


async def test_the_next_try_goes_on_from_the_last_checkpoint(world: World, platform: Platform) -> None:
    failing = Failing(2, checkpoint=True)
    world.behave = failing
    job = await submit(platform, retry={"times": {"error": 2}, **NOW_AT_ONCE})
    job = await settle(platform, job, passes=12)
    first, second, third = await platform.jobs.attempts(job.id)
    assert job.phase is Phase.COMPLETED
    assert failing.begun_from == [
        (None, None),
        ({"path": "in/checkpoint", "step": 1, "attempt": first.id}, b"after 1"),
        ({"path": "in/checkpoint", "step": 2, "attempt": second.id}, b"after 2"),
    ]
    assert (second.resumed, third.resumed) == (first.id, second.id)
    assert second.checkpoint == {"folder": "000002", "step": 2, "time": NOW, "bytes": 7}


async def test_a_checkpoint_that_is_not_whole_is_none(world: World, platform: Platform) -> None:
    def damaged(spec: LaunchSpec) -> Script:
        leave(Container.of(spec), 1, b"after ?")
        return Script(exit_code=1)

    world.behave = damaged
    job = await settle(platform, await submit(platform))
    [attempt] = await platform.jobs.attempts(job.id)
    assert attempt.checkpoint is None
    with pytest.raises(Conflict, match="has no checkpoint"):
        await platform.resume(job.id, OWNER)


async def test_a_checkpoint_that_leads_out_of_the_folder_is_none(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"after 1")

    def hostile(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        leave(container, 1)
        state = container.out / "checkpoint" / "000001" / "state.bin"
        state.unlink()
        state.symlink_to(secret)
        return Script(exit_code=1)

    world.behave = hostile
    job = await settle(platform, await submit(platform))
    [attempt] = await platform.jobs.attempts(job.id)
    assert attempt.checkpoint is None


async def failed_with_checkpoint(world: World, platform: Platform) -> tuple[Failing, Job]:
    failing = Failing(1, checkpoint=True)
    world.behave = failing
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    return failing, job


async def test_a_person_may_resume_a_job_that_failed(world: World, platform: Platform) -> None:
    failing, job = await failed_with_checkpoint(world, platform)
    await platform.resume(job.id, OWNER)
    job = await settle(platform, job)
    assert job.phase is Phase.COMPLETED
    assert failing.begun_from[1][1] == b"after 1"
    assert "resume" in [event.kind for event in await platform.jobs.events(job.id)]


async def test_a_person_may_retry_it_from_the_beginning(world: World, platform: Platform) -> None:
    failing, job = await failed_with_checkpoint(world, platform)
    await platform.retry(job.id, OWNER)
    job = await settle(platform, job)
    assert job.phase is Phase.COMPLETED
    assert failing.begun_from[1] == (None, None)
    assert (await platform.models.of_job(job.id)) is not None


async def test_what_ended_well_or_runs_is_not_tried_again(world: World, platform: Platform) -> None:
    job = await settle(platform, await submit(platform))
    with pytest.raises(Conflict, match="has completed"):
        await platform.retry(job.id, OWNER)
    world.behave = run_on
    job = await settle(platform, await submit(platform))
    with pytest.raises(Conflict, match="has not ended"):
        await platform.retry(job.id, OWNER)


async def test_a_new_try_waits_until_nothing_is_left_of_the_one_before(
    world: World, platform: Platform
) -> None:
    world.behave = Failing(1)
    job = await submit(platform)
    for _ in range(4):
        await platform.supervisor.reconcile()
        job = await platform.jobs.get(job.id)
        if job.final:
            world.node.down = "gone for lunch"
    await platform.retry(job.id, OWNER)
    async with platform.database.write() as connection:  # ended, and not yet cleared away
        await connection.execute(update(attempts).values(state=AttemptState.ENDED))
    await settle(platform, job)
    assert len(world.started()) == 1
    world.node.down = ""
    await platform.nodes.probe("local")
    assert (await settle(platform, job)).phase is Phase.COMPLETED


async def test_a_policy_that_makes_no_sense_is_told_by_its_field(platform: Platform) -> None:
    with pytest.raises(Invalid) as caught:
        await submit(platform, retry="often")
    assert [error.field for error in caught.value.errors] == ["retry"]

"""Quotas where things are made: datasets, files, jobs, deployments; and that what ran is counted truly."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.base.errors import Invalid
from dashboard.database.tables import attempts, jobs, resource_usage
from dashboard.jobs.job import Phase
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from dashboard.quotas import usage
from dashboard.quotas.quota import Quota, QuotaExceeded, Subject, UploadTooLarge
from dashboard.quotas.replica_usage import ReplicaUsage
from deploy.model.deployment import Deployment
from deploy.model.status import DeploymentStatus, ReplicaStatus
from tests.platform.world import World, add_dataset, any_account, run_on, settle, submit

MB = 10**6


async def limit(platform: Platform, subject: str = "person", name: str = "owner", **amounts: Any) -> None:
    given = {Quota(quota): amount for quota, amount in amounts.items()}
    await platform.quotas.store.put(Subject(subject), name, given, "owner")


async def body(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


async def used(platform: Platform, user: str = "owner") -> dict[Quota, float]:
    found = await platform.quota_overview.mine(await any_account(user))
    return {quota: one.amount for quota, one in found.used.items()}


async def rows(platform: Platform) -> list[dict[str, Any]]:
    async with platform.database.read() as connection:
        found = await connection.execute(select(resource_usage).order_by(resource_usage.c.attempt))
        return [dict(row) for row in found.mappings()]


async def age(platform: Platform, attempt: str, **columns: Any) -> None:
    async with platform.database.write() as connection:
        mine = resource_usage.c.attempt == attempt
        await connection.execute(update(resource_usage).where(mine).values(**columns))


async def test_datasets_are_counted_and_two_at_once_cannot_pass_one_quota(platform: Platform) -> None:
    await limit(platform, datasets=3.0)
    made = await asyncio.gather(
        *(platform.data.create(f"d{n}", OWNER) for n in range(8)), return_exceptions=True
    )
    denied = [one for one in made if isinstance(one, QuotaExceeded)]
    assert len(denied) == 5
    assert len(made) - len(denied) == 3
    assert denied[0].balance.to_json()["used"] == 3
    await limit(platform, datasets=1.0)  # below what is there: nothing is lost, new ones are denied
    with pytest.raises(QuotaExceeded):
        await platform.data.create("more", OWNER)
    await limit(platform, datasets=math.inf)
    await platform.data.create("more", OWNER)


async def test_an_upload_is_denied_before_a_byte_where_its_size_is_known(platform: Platform) -> None:
    dataset = await platform.data.create("d", OWNER)
    await limit(platform, upload_mb=1.0, disk_mb=2.0)

    async def untouched() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    with pytest.raises(UploadTooLarge):
        await platform.data.upload(dataset.id, "a.bin", untouched(), MB + 1)
    await limit(platform, upload_mb=None)
    with pytest.raises(QuotaExceeded) as caught:
        await platform.data.upload(dataset.id, "a.bin", untouched(), 2 * MB + 1)
    assert caught.value.balance.limit.quota is Quota.DISK


@pytest.mark.parametrize(("name", "amount"), [("upload_mb", 1.0), ("disk_mb", 1.0)])
async def test_an_upload_of_unknown_size_ends_at_the_limit_and_nothing_of_it_is_kept(
    platform: Platform, name: str, amount: float
) -> None:
    dataset = await platform.data.create("d", OWNER)
    await limit(platform, **{name: amount})
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += MB // 4
            yield b"x" * (MB // 4)

    with pytest.raises(QuotaExceeded):
        await platform.data.upload(dataset.id, "a.bin", endless())
    assert taken < 4 * MB
    left = [path for path in (platform.settings.home / "data" / dataset.id).rglob("*") if path.is_file()]
    assert left == []
    assert (await platform.data.get(dataset.id)).bytes == 0


async def test_uploads_at_once_cannot_pass_the_disk_quota_together(platform: Platform) -> None:
    dataset = await platform.data.create("d", OWNER)
    await limit(platform, disk_mb=2.5)
    done = await asyncio.gather(
        *(platform.data.upload(dataset.id, f"{n}.bin", body(MB // 2, MB // 2)) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(not isinstance(one, BaseException) for one in done) <= 2
    assert (await platform.data.get(dataset.id)).bytes <= 2.5 * MB
    assert all(isinstance(one, QuotaExceeded) for one in done if isinstance(one, BaseException))


async def test_a_file_may_be_replaced_by_one_of_its_size_in_a_full_quota(platform: Platform) -> None:
    dataset = await platform.data.create("d", OWNER)
    await platform.data.upload(dataset.id, "a.bin", body(MB), MB)
    await limit(platform, disk_mb=1.0)
    await platform.data.upload(dataset.id, "a.bin", body(MB), MB)
    with pytest.raises(QuotaExceeded):
        await platform.data.upload(dataset.id, "b.bin", body(1), 1)


async def test_a_job_that_needs_more_hours_than_are_left_is_denied_with_what_it_needs(
    platform: Platform,
) -> None:
    await limit(platform, cpu_hours=10.0)
    dataset = await add_dataset(platform)
    four = {"cpus": 2, "walltime_s": 7200}
    checked = await platform.check.check(JobRequest("toy", dataset, resources=four), OWNER)
    [balance] = [one for one in checked.quotas if one.limit.quota is Quota.CPU]
    assert (balance.needed, balance.left, balance.exceeded) == (4, 10, False)
    await submit(platform, dataset, resources=four)
    await submit(platform, dataset, resources=four)
    checked = await platform.check.check(JobRequest("toy", dataset, resources=four), OWNER)
    assert not checked.to_json()["ok"]
    with pytest.raises(QuotaExceeded, match="would need 4 h of your 2 h left"):
        await submit(platform, dataset, resources=four)
    await submit(platform, dataset, resources={"cpus": 1, "walltime_s": 7200})


async def test_jobs_asked_for_at_once_cannot_pass_one_quota(platform: Platform) -> None:
    await limit(platform, cpu_hours=3.0)
    dataset = await add_dataset(platform)
    asked = (submit(platform, dataset, resources={"cpus": 1, "walltime_s": 3600}) for _ in range(8))
    made = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in made) == 3


async def test_a_person_may_not_let_more_jobs_wait_nor_run_more_at_once(
    platform: Platform, world: World
) -> None:
    world.behave = run_on
    await limit(platform, queued_jobs=3.0, running_jobs=1.0)
    dataset = await add_dataset(platform)
    jobs = [await submit(platform, dataset) for _ in range(3)]
    with pytest.raises(QuotaExceeded):
        await submit(platform, dataset)
    for _ in range(3):
        await platform.supervisor.reconcile()
    found = [await platform.jobs.get(job.id) for job in jobs]
    assert [job.phase for job in found].count(Phase.EXECUTING) == 1
    assert len(world.started()) == 1
    assert "1 of at most 1 jobs run" in found[-1].reason


async def test_another_person_is_not_delayed_by_somebody_elses_quota(
    platform: Platform, world: World
) -> None:
    world.behave = run_on
    await limit(platform, running_jobs=0.0)
    dataset = await add_dataset(platform, visibility="public")
    mine = await submit(platform, dataset)
    theirs = await platform.submit(JobRequest("toy", dataset), await any_account("eva"))
    for _ in range(3):
        await platform.supervisor.reconcile()
    assert (await platform.jobs.get(mine.id)).phase is Phase.QUEUED
    assert (await platform.jobs.get(theirs.id)).phase is Phase.EXECUTING


async def test_what_ran_is_counted_and_stays_counted_when_the_job_is_deleted(
    platform: Platform, world: World
) -> None:
    job = await submit(platform, resources={"cpus": 2, "memory_mb": 500, "walltime_s": 36000})
    assert (await used(platform))[Quota.CPU] == 20  # reserved
    assert (await settle(platform, job)).phase is Phase.COMPLETED
    [row] = await rows(platform)
    hour_before = clock.of_seconds(datetime.fromisoformat(row["ended"]).timestamp() - 3600)
    await age(platform, row["attempt"], started=max(hour_before, month_of(row["ended"])))
    before = await used(platform)
    await platform.jobs.delete(job.id, OWNER)
    after = await used(platform)
    assert after[Quota.CPU] == before[Quota.CPU] > 0
    assert after[Quota.CPU] == pytest.approx(4 * after[Quota.MEMORY])


def month_of(stamp: str) -> str:
    return f"{stamp[:7]}-01T00:00:00.000Z"


async def test_a_job_that_runs_counts_up_to_now_and_reserves_the_rest(
    platform: Platform, world: World
) -> None:
    world.behave = run_on
    job = await submit(platform, resources={"cpus": 1, "walltime_s": 36000})
    await settle(platform, job, 3)
    [row] = await rows(platform)
    assert row["ended"] is None
    assert (await used(platform))[Quota.CPU] == pytest.approx(10, abs=0.01)
    await platform.abort(job.id, OWNER)
    await settle(platform, job)
    assert (await rows(platform))[0]["ended"] is not None
    assert (await used(platform)).get(Quota.CPU, 0) < 0.1


async def test_an_attempt_that_was_not_watched_counts_until_it_ended_not_until_somebody_looked(
    world: World,
) -> None:
    world.behave = run_on
    first = await world.platform()
    job = await submit(first, resources={"cpus": 1, "walltime_s": 3600})
    await settle(first, job, 3)
    [row] = await rows(first)
    began = clock.after(-6 * 3600)
    await age(first, row["attempt"], started=began, seen=began)  # as if the platform was away for six hours
    await first.stop()
    again = await world.platform()
    await again.abort(job.id, OWNER)
    await settle(again, job)
    [row] = await rows(again)
    ran = clock.parse(row["ended"]) - clock.parse(row["started"])
    assert ran.total_seconds() <= 3600 + 61


async def test_replicas_use_hours_of_whom_their_deployment_belongs_to(platform: Platform) -> None:
    made = await platform.deployments.create({"module": "toy", "scaling": {"minimum": 1}}, OWNER)
    found, status = platform.deploy.get(made["name"])
    [replica] = status.replicas or (ReplicaStatus("r", "local", 1, "ready", "", clock.now(), 0, 0),)
    status = replace(status, replicas=(replace(replica, node="local", state="ready"),))
    running = [(found, status)]
    one = {made["name"]: running[0]}.__getitem__
    looking = ReplicaUsage(platform.database, lambda: running, one)
    await looking.look()
    [row] = [one for one in await rows(platform) if one["attempt"].startswith("replica-")]
    assert (row["owner"], row["node"], row["ended"]) == ("owner", "local", None)
    hour_before = clock.of_seconds(clock.parse(row["started"]).timestamp() - 3600)
    await age(platform, row["attempt"], started=max(hour_before, month_of(row["started"])))
    assert (await used(platform))[Quota.CPU] > 0

    # Killed and started again it is the same row; one that nobody sees any more ended when it was seen last.
    again = ReplicaUsage(platform.database, lambda: running, one)
    await again.look()
    assert len([one for one in await rows(platform) if one["attempt"].startswith("replica-")]) == 1
    long_ago = clock.after(-3600)
    await age(platform, row["attempt"], seen=long_ago)
    running.clear()
    await ReplicaUsage(platform.database, lambda: running, one).look()
    [row] = [one for one in await rows(platform) if one["attempt"].startswith("replica-")]
    assert row["ended"] == long_ago

    await limit(platform, cpu_hours=0.0)
    with pytest.raises(QuotaExceeded):
        await platform.deployments.create({"module": "toy", "name": "other"}, OWNER)


async def test_a_replica_that_lived_between_two_looks_counts_from_its_start_to_its_end(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await platform.deployments.create({"module": "toy"}, OWNER)
    found, status = platform.deploy.get(made["name"])
    told = {"state": "starting"}

    def one(_name: str) -> tuple[Deployment, DeploymentStatus]:
        replica = ReplicaStatus("r", "local", 1, told["state"], "", clock.now(), 0, 0)
        return found, replace(status, replicas=(replica,))

    usage_of = ReplicaUsage(platform.database, list, one)
    with monkeypatch.context() as patched:
        for second, told["state"] in ((1, "starting"), (2, "ready"), (5, "failed")):
            patched.setattr(clock, "now", lambda second=second: f"2030-01-01T00:00:0{second}.000Z")
            usage_of.note(made["name"])
    await usage_of.look()
    [row] = [one for one in await rows(platform) if one["attempt"].startswith("replica-")]
    assert (row["started"], row["ended"]) == ("2030-01-01T00:00:01.000Z", "2030-01-01T00:00:05.000Z")


async def test_a_job_array_counts_each_part_for_its_own_time(platform: Platform) -> None:
    """Four parts of an hour each on two processors, two at a time: not eight hours of eight processors."""
    job = await settle(platform, await submit(platform, resources={"cpus": 2, "walltime_s": 7200}))
    [attempt] = await platform.jobs.attempts(job.id)
    before = (await used(platform))[Quota.CPU]
    async with platform.database.write() as connection:
        await connection.execute(delete(resource_usage))
        in_parts = {**job.resources.to_json(), "parts": 4}
        await connection.execute(update(jobs).values(resources=in_parts))
        await connection.execute(update(attempts).values(launcher="slurm"))
        began = max(clock.after(-7200), month_of(clock.now()))
        await usage.started(connection, attempt.id, began)
        await usage.held(connection, attempt.id, 1800.0)
    half = (await used(platform))[Quota.CPU]
    async with platform.database.write() as connection:
        await usage.ended(
            connection, attempt.id, launched=began, began=began, written=None, held_s=4 * 3600.0
        )
    assert before < 0.1
    assert half == pytest.approx(2 * 0.5, abs=0.01)
    assert (await used(platform))[Quota.CPU] == pytest.approx(2 * 4.0, abs=0.01)


@pytest.mark.parametrize(("launcher", "counted"), [("docker", 1), ("slurm", 0)])
async def test_a_container_that_never_said_when_it_began_counts_since_it_was_launched(
    platform: Platform, launcher: str, counted: int
) -> None:
    """It may end before it is seen to run; on a cluster it may have been cancelled before it began."""
    job = await settle(platform, await submit(platform, resources={"cpus": 2}))
    [attempt] = await platform.jobs.attempts(job.id)
    assert attempt.launched is not None
    async with platform.database.write() as connection:
        await connection.execute(delete(resource_usage))
        await connection.execute(update(attempts).values(launcher=launcher))
        await usage.ended(connection, attempt.id, launched=attempt.launched, began=None, written=None)
    found = await rows(platform)
    assert len(found) == counted
    assert all(row["started"] == attempt.launched <= row["ended"] and row["cpus"] == 2 for row in found)


async def test_a_retry_that_no_quota_allows_waits_and_says_so(platform: Platform, world: World) -> None:
    job = await submit(platform, resources={"cpus": 1, "walltime_s": 3600})
    await limit(platform, cpu_hours=0.5)
    for _ in range(3):
        await platform.supervisor.reconcile()
    found = await platform.jobs.get(job.id)
    assert found.phase is Phase.QUEUED
    assert "waits for room in a quota: This would need 1 h of your 0.5 h left" in found.reason
    await limit(platform, cpu_hours=2.0)
    assert (await settle(platform, job)).phase is Phase.COMPLETED


async def test_a_job_is_retried_manually_only_where_the_quota_allows_it(
    platform: Platform, world: World
) -> None:
    world.behave = run_on
    job = await submit(platform, resources={"cpus": 1, "walltime_s": 3600})
    await settle(platform, job, 2)
    await platform.abort(job.id, OWNER)
    await settle(platform, job)
    await limit(platform, cpu_hours=0.5)
    with pytest.raises(QuotaExceeded):
        await platform.retry(job.id, OWNER)


async def test_the_quota_of_a_project_counts_what_all_its_members_share_with_it(platform: Platform) -> None:
    eva, max_ = await any_account("eva"), await any_account("max")
    members = [type(one)(one.user, one.roles, frozenset({"exo"})) for one in (eva, max_)]
    await limit(platform, "project", "exo", datasets=2.0)
    await platform.data.create("a", members[0], project="exo")
    await platform.data.create("b", members[1], project="exo")
    with pytest.raises(QuotaExceeded, match="the project's"):
        await platform.data.create("c", members[0], project="exo")
    await platform.data.create("c", members[0])
    with pytest.raises(Invalid):
        await platform.data.create("d", eva, project="exo")


async def test_deployments_and_replicas_are_counted(platform: Platform) -> None:
    await limit(platform, deployments=1.0, replicas=2.0)
    with pytest.raises(QuotaExceeded) as caught:
        await platform.deployments.create({"module": "toy", "scaling": {"maximum": 3}}, OWNER)
    assert caught.value.balance.limit.quota is Quota.REPLICAS
    made = await platform.deployments.create({"module": "toy", "scaling": {"maximum": 2}}, OWNER)
    with pytest.raises(QuotaExceeded) as caught:
        await platform.deployments.create({"module": "toy", "name": "other"}, OWNER)
    assert caught.value.balance.limit.quota is Quota.DEPLOYMENTS
    with pytest.raises(QuotaExceeded):
        await platform.deployments.set(made["name"], {"scaling": {"maximum": 3}}, OWNER)
    await platform.deployments.set(made["name"], {"scaling": {"maximum": 1}}, OWNER)
    await platform.deployments.enable(made["name"], enabled=False, identity=OWNER)
    await limit(platform, replicas=0.0)
    with pytest.raises(QuotaExceeded):
        await platform.deployments.enable(made["name"], enabled=True, identity=OWNER)

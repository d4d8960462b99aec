"""Jobs and models in the database: lists, filters, history, deleting."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.jobs.job import JobFilter, Phase
from dashboard.jobs.supervisor.completion_rows import Completion
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset, only_attempt, run_on, settle, submit


async def test_jobs_are_listed_newest_first_in_pages_with_their_total(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    made = [(await submit(platform, dataset, label=f"run {number}")).id for number in range(5)]
    first = await platform.jobs.list(size=2, identity=OWNER)
    last = await platform.jobs.list(size=2, page=3, identity=OWNER)
    assert (first.total, len(first.items), len(last.items)) == (5, 2, 1)
    listed = await platform.jobs.list(sort="created", identity=OWNER)
    assert sorted(job.id for job in listed.items) == sorted(made)
    assert [job.id for job in listed.items] == [
        job.id for job in (await platform.jobs.list(identity=OWNER)).items
    ][::-1]


async def test_jobs_are_filtered_by_what_they_are_and_by_words(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    star = await submit(platform, dataset, label="Be stars 100%")
    await submit(platform, dataset, label="galaxies", note="with Be_ lines")

    async def found(**wanted: object) -> int:
        job_filter = replace(JobFilter(), **wanted)  # type: ignore[arg-type]
        return (await platform.jobs.list(job_filter, identity=OWNER)).total

    assert await found(q="be STARS") == 1
    assert await found(q="100%") == 1
    assert await found(q="sta") == 1
    assert await found(q="star BE") == 1
    assert await found(q="galaxies star") == 0
    assert await found(q="tars") == 0  # words are found from their beginning
    assert await found(q="be") == 2
    assert await found(q=star.id) == 1
    assert await found(module="toy", dataset=dataset, phases=(Phase.QUEUED,)) == 2
    assert await found(phases=(Phase.ERROR,)) == 0
    assert await platform.jobs.counts(OWNER) == {Phase.QUEUED: 2}
    assert await platform.jobs.counts(OWNER, "somebody") == {}


async def test_jobs_are_not_sorted_by_what_they_do_not_have(platform: Platform) -> None:
    with pytest.raises(Invalid, match="there are created, ended"):
        await platform.jobs.list(sort="password", identity=OWNER)


async def test_each_waiting_job_has_its_place(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    ids = sorted([(await submit(platform, dataset)).id for _ in range(3)])
    places = await platform.jobs.queue_positions()
    assert sorted(places.values()) == [1, 2, 3]
    assert set(places) == set(ids)


async def test_a_job_that_is_run_again_names_its_parent_and_keeps_what_was_not_changed(
    platform: Platform,
) -> None:
    first = await submit(platform, parameters={"epochs": 3}, label="first")
    second = await platform.again(first.id, {"parameters": {"rate": 0.1}, "label": "second"}, OWNER)
    assert (second.parent, second.label, second.dataset) == (first.id, "second", first.dataset)
    assert second.parameters == {"epochs": 3, "rate": 0.1}
    assert [
        job.id for job in (await platform.jobs.list(JobFilter(parent=first.id), identity=OWNER)).items
    ] == [second.id]
    assert [event.kind for event in await platform.jobs.events(first.id)] == ["created", "again"]


async def test_a_job_is_deleted_with_its_folder_but_not_its_history_or_model(platform: Platform) -> None:
    job = await settle(platform, await submit(platform))
    folder = platform.jobs.folder / job.id
    assert folder.is_dir()
    await platform.jobs.delete(job.id, OWNER)
    assert not folder.exists()
    with pytest.raises(NotFound):
        await platform.jobs.get(job.id)
    assert (await platform.jobs.events(job.id))[-1].kind == "deleted"
    model = await platform.models.of_job(job.id)
    assert model is not None
    assert (platform.models.folder(model.id) / "weights.bin").read_text() == "weights"


async def test_a_job_that_has_not_ended_cannot_be_deleted(world: World, platform: Platform) -> None:
    world.behave = run_on
    job = await submit(platform)
    with pytest.raises(Conflict, match="abort it before"):
        await platform.jobs.delete(job.id, OWNER)


async def test_a_job_that_has_ended_cannot_be_aborted(platform: Platform) -> None:
    job = await settle(platform, await submit(platform))
    with pytest.raises(Conflict, match="already ended"):
        await platform.abort(job.id, OWNER)


async def test_an_end_is_recorded_once_however_many_try(world: World, platform: Platform) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    attempt = await only_attempt(platform, job)
    completion = Completion(Phase.ERROR, "x", 1, None, {}, [], None)
    store = platform.supervisor._context.store
    done = await asyncio.gather(*(store.finish(job, attempt, completion) for _ in range(5)))
    assert done.count(True) == 1
    assert [event.detail["to"] for event in await platform.jobs.events(job.id) if event.kind == "phase"] == [
        "EXECUTING",
        "ERROR",
    ]


async def test_only_one_attempt_of_a_job_can_be_live(platform: Platform) -> None:
    job = await submit(platform)
    store = platform.supervisor._context.store
    made = await asyncio.gather(
        *(store.intend(job, "local", "fake") for _ in range(5)), return_exceptions=True
    )
    tries = await platform.jobs.attempts(job.id)
    assert len(tries) == 1
    assert not [outcome for outcome in made if isinstance(outcome, Exception)]


async def test_an_aborted_or_ended_job_is_not_tried(platform: Platform) -> None:
    job = await submit(platform)
    await platform.abort(job.id, OWNER)
    assert await platform.supervisor._context.store.intend(job, "local", "fake") is None


async def test_a_deployed_model_is_not_deleted(platform: Platform) -> None:
    job = await settle(platform, await submit(platform))
    model = await platform.models.of_job(job.id)
    assert model is not None

    async def deployed(_model: str) -> list[str]:
        return ["stars"]

    platform.models.deployed = deployed
    with pytest.raises(Conflict, match="deployed as stars"):
        await platform.models.delete(model.id, OWNER)
    assert platform.models.folder(model.id).is_dir()


async def test_a_model_is_listed_renamed_and_deleted_with_its_folder(platform: Platform) -> None:
    job = await settle(platform, await submit(platform))
    model = (await platform.models.list(module="toy", q="two STARS", identity=OWNER)).items[0]
    files = platform.models.folder(model.id).iterdir()
    assert (model.job, model.name) == (job.id, "toy on two stars")
    assert model.size == sum(file.stat().st_size for file in files)
    assert (await platform.models.rename(model.id, "best")).name == "best"
    await platform.models.delete(model.id, OWNER)
    assert (await platform.models.list(identity=OWNER)).total == 0
    assert not platform.models.folder(model.id).exists()
    with pytest.raises(NotFound):
        await platform.models.get(model.id)


async def test_a_models_hash_follows_from_its_files_alone(world: World, platform: Platform) -> None:
    dataset = await add_dataset(platform)
    jobs = [await settle(platform, await submit(platform, dataset)) for _ in range(2)]
    hashes = {model.sha256 for job in jobs if (model := await platform.models.of_job(job.id))}
    assert len(hashes) == 1

"""Jobs found and sorted by parameters, metrics and tags, and what is written about them."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Denied, Invalid, NotFound
from dashboard.database.tables import jobs
from dashboard.jobs.job import JobFilter
from dashboard.jobs.store import listing
from dashboard.jobs.store import walk as job_walk
from dashboard.jobs.store.annotation import Annotation
from dashboard.jobs.store.value_index import index_values
from dashboard.jobs.value_test import value_test
from dashboard.platform import Platform
from tests.platform.jobs.test_job_list import walk
from tests.platform.world import add_dataset, submit

METRICS = [
    {"accuracy": 0.9, "loss": 1e-3, "kind": "good"},
    {"accuracy": 0.5, "loss": 2.0},
    {"accuracy": 1.0, "loss": float("nan")},
    {"accuracy": 0.75, "loss": -1.0, "converged": True},
    None,
    {"loss": 10.0},
    {"accuracy": "unknown"},
]


@pytest.fixture
async def runs(platform: Platform) -> dict[str, str]:
    """Jobs by their labels, with metrics and one parameter."""
    dataset = await add_dataset(platform)
    made = {}
    for number, metrics in enumerate(METRICS):
        job = await submit(platform, dataset, label=f"r{number}", parameters={"epochs": 10 * number + 1})
        made[job.label] = job.id
        async with platform.database.write() as connection:
            await connection.execute(update(jobs).where(jobs.c.id == job.id).values(metrics=metrics))
            await index_values(connection, job.id)
    return made


def where(*texts: str) -> JobFilter:
    return JobFilter(values=tuple(map(value_test, texts)))


FOUND = {
    "metrics.accuracy>=0.75": {"r0", "r2", "r3"},
    "metrics.accuracy < 0.75": {"r1"},
    "metrics.accuracy=1": {"r2"},
    "metrics.accuracy!=0.5": {"r0", "r2", "r3", "r6"},
    "metrics.accuracy=unknown": {"r6"},
    "metrics.kind!=bad": {"r0"},
    "metrics.converged=true": {"r3"},
    "metrics.loss<=0.001": {"r0", "r3"},
    "parameters.epochs>30": {"r3", "r4", "r5", "r6"},
    "metrics.nobody>0": set(),
}


@pytest.mark.parametrize("counted", [10_000, 1], ids=["rare", "common"])
@pytest.mark.parametrize("test", FOUND)
async def test_jobs_are_found_by_what_their_values_are(
    platform: Platform, runs: dict[str, str], test: str, counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED", counted)
    monkeypatch.setattr(job_walk, "STEPS", (2, 3, 4))
    assert set(await walk(platform, where(test), "-created")) == FOUND[test]


async def test_all_tests_must_pass(platform: Platform, runs: dict[str, str]) -> None:
    wanted = where("metrics.accuracy>=0.75", "parameters.epochs>10")
    assert set(await walk(platform, wanted, "created")) == {"r2", "r3"}


@pytest.mark.parametrize("counted", [10_000, 1], ids=["rare", "common"])
async def test_a_list_is_sorted_by_a_value_over_all_its_pages(
    platform: Platform, runs: dict[str, str], counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED", counted)
    monkeypatch.setattr(job_walk, "STEPS", (2, 3, 4))
    rising = ["r1", "r3", "r0", "r2", "r6"]  # a text after all numbers; without the value: not in the list
    for back in (False, True):
        assert await walk(platform, JobFilter(), "metrics.accuracy", back=back) == rising
        assert await walk(platform, JobFilter(), "-metrics.accuracy", back=back) == rising[::-1]
        some = where("metrics.loss<5")
        assert await walk(platform, some, "-metrics.loss", back=back) == ["r1", "r0", "r3"]


async def test_only_what_the_reader_may_see_is_found(platform: Platform, runs: dict[str, str]) -> None:
    eva = Identity("eva", frozenset({Role.USER}))
    wanted = where("metrics.accuracy>=0.75")
    assert not await walk(platform, wanted, "metrics.accuracy", identity=eva)
    async with platform.database.write() as connection:
        shared = update(jobs).where(jobs.c.id == runs["r2"]).values(visibility="public")
        await connection.execute(shared)
    assert await walk(platform, wanted, "metrics.accuracy", identity=eva) == ["r2"]


@pytest.mark.parametrize(
    "text", ["accuracy>1", "metrics.accuracy", "metrics.>1", "metrics.a>high", "tag>1", "", "metrics.a>inf"]
)
def test_what_is_no_test_is_named(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        value_test(text)
    assert [error.field for error in caught.value.errors] == ["where"]


async def test_a_place_in_another_order_is_rejected(platform: Platform, runs: dict[str, str]) -> None:
    page = await platform.jobs.list(sort="module", size=2, identity=OWNER)  # three keys, too
    with pytest.raises(Invalid, match="after is no place"):
        await platform.jobs.list(sort="metrics.accuracy", after=page.following, identity=OWNER)


async def test_notes_and_tags_are_changed_and_found(platform: Platform, runs: dict[str, str]) -> None:
    first, second = runs["r0"], runs["r1"]
    written = Annotation(label="best so far", note="See *this*.", tags=["Good one", "paper"])
    changed = await platform.annotations.change(first, written, OWNER)
    assert (changed.label, changed.note, changed.tags) == (
        "best so far",
        "See *this*.",
        ["good one", "paper"],
    )
    await platform.annotations.change(second, Annotation(added=["paper", "PAPER", " "]), OWNER)
    assert set(await walk(platform, where("tag=paper"), "created")) == {"best so far", "r1"}
    assert await walk(platform, where("tag=paper", "tag=good one"), "created") == ["best so far"]
    assert await walk(platform, JobFilter(q="good pap"), "created") == ["best so far"]
    after = await platform.annotations.change(first, Annotation(removed=["Paper"]), OWNER)
    assert (after.tags, after.note) == (["good one"], "See *this*.")
    assert await walk(platform, where("metrics.accuracy=0.9"), "created") == ["best so far"]


async def test_who_may_not_change_a_job_writes_nothing_about_it(
    platform: Platform, runs: dict[str, str]
) -> None:
    eva = Identity("eva", frozenset({Role.USER}))
    with pytest.raises(NotFound):
        await platform.annotations.change(runs["r0"], Annotation(note="mine"), eva)
    async with platform.database.write() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == runs["r0"]).values(visibility="public"))
    with pytest.raises(Denied):
        await platform.annotations.change(runs["r0"], Annotation(note="mine"), eva)


async def test_too_many_and_too_long_tags_are_named(platform: Platform, runs: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="at most 20"):
        await platform.annotations.change(runs["r0"], Annotation(tags=[str(n) for n in range(21)]), OWNER)
    with pytest.raises(Invalid, match="at most 40"):
        await platform.annotations.change(runs["r0"], Annotation(added=["x" * 41]), OWNER)
    assert not (await platform.jobs.get(runs["r0"])).tags

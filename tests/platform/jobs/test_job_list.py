"""The list of jobs: filters, orders, and pages that go on from where one stands; rare and common alike."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import update

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.auth.policy import sees
from dashboard.base.errors import Invalid
from dashboard.database.tables import jobs
from dashboard.jobs.job import JobFilter, Phase
from dashboard.jobs.store import listing
from dashboard.jobs.store import walk as job_walk
from dashboard.platform import Platform
from tests.platform.world import add_dataset, submit

FILTERS = [
    JobFilter(),
    JobFilter(module="toy"),
    JobFilter(owner="owner", phases=(Phase.QUEUED,)),
    JobFilter(phases=(Phase.QUEUED, Phase.ERROR), node="any"),
    JobFilter(q="even"),
    JobFilter(q="ev run", module="toy"),
]
SORTS = [mark + name for name in ("created", "label", "module", "phase") for mark in ("", "-")]


@pytest.fixture
async def labels(platform: Platform) -> list[str]:
    dataset = await add_dataset(platform)
    made = [f"run {number} {'even' if number % 2 == 0 else 'odd'}" for number in range(11)]
    for label in made:
        await submit(platform, dataset, label=label)
    return made


async def walk(
    platform: Platform, wanted: JobFilter, sort: str, *, back: bool = False, identity: Identity = OWNER
) -> list[str]:
    """All labels, by pages of 3, on from the first page or back from the last one."""
    found: list[str] = []
    page = await platform.jobs.list(wanted, sort, size=3, before="end" if back else "", identity=identity)
    while True:
        names = [job.label for job in page.items]
        found = names + found if back else found + names
        place = page.preceding if back else page.following
        if not place:
            return found
        page = await platform.jobs.list(
            wanted,
            sort,
            size=3,
            after="" if back else place,
            before=place if back else "",
            identity=identity,
        )


@pytest.mark.parametrize("counted", [10_000, 2], ids=["rare", "common"])
@pytest.mark.parametrize("wanted", FILTERS)
async def test_pages_on_and_back_show_every_match_once_in_order(
    platform: Platform,
    labels: list[str],
    wanted: JobFilter,
    counted: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "COUNTED", counted)
    monkeypatch.setattr(job_walk, "STEPS", (2, 3, 4))
    for sort in SORTS:
        on = await walk(platform, wanted, sort)
        assert sorted(on) == sorted(label for label in labels if "even" in label or "ev" not in wanted.q)
        assert await walk(platform, wanted, sort, back=True) == on
        if "label" in sort:
            assert on == sorted(on, reverse=sort.startswith("-"))


async def test_a_total_beyond_the_bound_is_said_to_be_at_least(
    platform: Platform, labels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = await platform.jobs.list(size=3, identity=OWNER)
    assert (exact.total, exact.exact) == (len(labels), True)
    monkeypatch.setattr(listing, "COUNTED", 5)
    bounded = await platform.jobs.list(size=3, identity=OWNER)
    assert (bounded.total, bounded.exact) == (5, False)
    with pytest.raises(Invalid, match="next and previous"):
        await platform.jobs.list(size=3, page=4, identity=OWNER)


@pytest.mark.parametrize("place", ["x", "bnVsbA", "WyJhIl0", "WzEsMl0"])
async def test_a_place_of_another_list_is_rejected(platform: Platform, place: str) -> None:
    with pytest.raises(Invalid, match="after is no place"):
        await platform.jobs.list(after=place, identity=OWNER)


@pytest.mark.parametrize("merged", [12, 0], ids=["of the visible", "of all"])
async def test_pages_show_what_the_reader_may_see_once_in_order(
    platform: Platform, labels: list[str], merged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED", 2)
    monkeypatch.setattr(job_walk, "STEPS", (2, 3, 4))
    monkeypatch.setattr(job_walk, "MERGED", merged)
    eva = Identity("eva", frozenset({Role.USER}), frozenset({"exo", "survey"}))
    sharing = product(("eva", "adam"), ("private", "public", "project"))
    async with platform.database.write() as connection:
        for number, (label, (owner, visibility)) in enumerate(zip(labels, [*sharing] * 2, strict=False)):
            project = ("exo", "survey", "stars")[number % 4 % 3] if visibility == "project" else None
            phase = Phase.ERROR if number % 3 else Phase.COMPLETED
            changed = {"owner": owner, "visibility": visibility, "project": project, "phase": phase}
            ended = f"2026-01-{20 - number // 2:02d}T00:00:00.000Z"
            await connection.execute(update(jobs).where(jobs.c.label == label).values(ended=ended, **changed))
    everything = (await platform.jobs.list(size=50, identity=OWNER)).items
    seen = [job for job in everything if sees(eva, job.ownership)]
    assert 3 < len(seen) < len(everything)
    for sort, phases in product([*SORTS, "ended", "-ended"], [(), (Phase.ERROR,)]):
        wanted = JobFilter(phases=phases)
        on = await walk(platform, wanted, sort, identity=eva)
        assert sorted(on) == sorted(job.label for job in seen if not phases or job.phase in phases)
        assert await walk(platform, wanted, sort, back=True, identity=eva) == on
        keys = {job.label: getattr(job, sort.removeprefix("-")) for job in seen}
        by = [keys[label] for label in on]
        assert by == sorted(by, reverse=sort.startswith("-"))
    mine = await walk(platform, JobFilter(owner="eva"), "-created", identity=eva)
    assert sorted(mine) == sorted(job.label for job in seen if job.owner == "eva")
    nobody = Identity("eva", frozenset())
    assert await walk(platform, JobFilter(owner="eva"), "-created", identity=nobody) == []

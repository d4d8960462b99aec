"""Sessions whose rounds go well, fail, are killed, forked and closed; nothing is lost."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

import pytest

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Conflict, Invalid
from dashboard.jobs.job import Phase
from dashboard.labels.event import EventKind, NewEvent
from dashboard.learning.session import Session, SessionState
from dashboard.platform import Platform
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.world import Container, Killed, World, add_dataset

SETTINGS: dict[str, Any] = {"targets": ["A"], "module": "toy", "batch": 1, "performance": 1}


def entry(path: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return an entry of a selection."""
    return {"pool_row": 0, "path": path, "hdu": None, "row": None, "kind": kind, "score": 0.5, **more}


def select(spec: LaunchSpec, *entries: dict[str, Any]) -> Script:
    """Run a round that selects both spectra of the dataset."""
    container = Container.of(spec)
    container.begin()
    container.model()
    chosen = entries or (
        entry("A.csv", "batch", label="A", probability=0.6),
        entry("B.csv", "performance", label="A", probability=0.9),
    )
    selection = {
        "schema": 1,
        "trained": True,
        "classes": ["A", "B"],
        "predicted_targets": 2,
        "entries": chosen,
    }
    container.write("selection.json", json.dumps(selection))
    container.exit()
    return Script(exit_code=0)


@pytest.fixture
async def learning(world: World) -> Platform:
    """Return a platform whose coordinator looks only when it is told to."""
    world.behave = select
    platform = await world.platform()
    await platform.coordinator.stop()
    return platform


async def begun(platform: Platform, **changes: Any) -> Session:
    """Create a session and begin its first round."""
    dataset = await add_dataset(platform)
    session = await platform.learning.create(
        "Be stars", dataset, {**SETTINGS, **changes}, OWNER, classes=["A", "B"]
    )
    await platform.learning.start_round(session.id, OWNER)
    return session


async def forward(platform: Platform, passes: int = 4) -> None:
    """Let coordinator and supervisor do what there is to do."""
    for _ in range(passes):
        await platform.coordinator.look()
        await platform.supervisor.reconcile()
    await platform.coordinator.look()


async def label(platform: Platform, session: Session, row: int, name: str, who: Identity = OWNER) -> None:
    """Give a label."""
    event = NewEvent(f"{who.user}-{row}-{name}", EventKind.LABEL, row, name)
    done = await platform.labels.append(session.label_set, [event], who)
    assert not done.rejected


async def test_a_round_selects_fills_queues_and_is_judged_by_its_sample(learning: Platform) -> None:
    session = await begun(learning, automatic=False)
    await forward(learning)
    [round_] = await learning.learning.store.rounds(session.id)
    assert (await learning.learning.phase(round_))[0] == "labelling"
    assert round_.queue
    assert round_.sample_queue
    _, samples = await learning.labels.queues.get(session.label_set, round_.sample_queue, OWNER)
    assert samples.blind
    await label(learning, session, 1, "B")
    [figures] = await learning.learning.figures(session)
    assert (figures.precision.right, figures.precision.of, figures.complete) == (0, 1, False)
    await label(learning, session, 0, "A")
    [figures] = await learning.learning.figures(session)
    assert figures.complete


async def test_the_next_round_begins_by_itself_with_all_labels_until_the_rule_holds(
    learning: Platform,
) -> None:
    session = await begun(learning, stop={"rounds": 2})
    await forward(learning)
    await label(learning, session, 0, "A")
    await label(learning, session, 1, "B")
    await forward(learning)
    rounds = await learning.learning.store.rounds(session.id)
    job = await learning.jobs.get(rounds[1].job)
    assert [one.number for one in rounds] == [1, 2]
    assert job.input["learning"]["last_event"] == 2
    assert rounds[1].version
    [attempt] = await learning.jobs.attempts(job.id)
    labels = (learning.jobs.attempt_folder(attempt) / "in" / "labels.csv").read_text().splitlines()
    assert labels == ["number,path,hdu,row,label", "0,A.csv,,,A", "1,B.csv,,,B"]
    assert (await learning.learning.get(session.id)).state is SessionState.FINISHED


@pytest.mark.parametrize("point", ["round-submitted", "round-recorded", "round-queue"])
async def test_a_platform_killed_in_a_step_of_a_round_runs_it_once(world: World, point: str) -> None:
    struck = False

    async def at(reached: str) -> None:
        nonlocal struck
        if struck or reached == point:
            struck = True
            raise Killed(point)

    world.behave = select
    platform = await world.platform(at)
    await platform.coordinator.stop()
    session = await begun(platform, automatic=False)
    for _ in range(4):
        with suppress(Killed):
            await forward(platform, 1)
    assert struck
    await world.close()
    platform = await world.platform()
    await platform.coordinator.stop()
    await forward(platform)
    [round_] = await platform.learning.store.rounds(session.id)
    assert round_.queued
    assert (await platform.jobs.list(identity=OWNER)).total == 1
    assert len(await platform.labels.queues.of_set(session.label_set, OWNER)) == 2
    assert len(await platform.learning.store.entries(session.id)) == 2


async def test_a_round_that_failed_is_told_and_restarted_with_the_same_labels(
    world: World, learning: Platform
) -> None:
    def fail(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        container.exit("error", "It does not converge.", 1)
        return Script(exit_code=1)

    world.behave = fail
    session = await begun(learning)
    await forward(learning)
    [round_] = await learning.learning.store.rounds(session.id)
    assert await learning.learning.phase(round_) == ("failed", "It does not converge.")
    with pytest.raises(Conflict, match="restart it"):
        await learning.learning.start_round(session.id, OWNER)
    world.behave = select
    again = await learning.learning.restart(session.id, 1, OWNER)
    assert again.job != round_.job
    assert again.last_event == round_.last_event
    await forward(learning)
    [round_] = await learning.learning.store.rounds(session.id)
    assert (await learning.learning.phase(round_))[0] == "labelling"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("no JSON", "cannot be used"),
        (json.dumps({"entries": [{"kind": "gift"}]}), "entry that is none"),
        (json.dumps({"entries": [entry("C.csv", "batch")]}), "no spectrum of the dataset"),
    ],
)
async def test_a_selection_that_makes_no_sense_fails_the_round_and_nothing_else(
    world: World, learning: Platform, content: str, why: str
) -> None:
    def write(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        container.write("selection.json", content)
        container.exit()
        return Script(exit_code=0)

    world.behave = write
    session = await begun(learning)
    await forward(learning)
    [round_] = await learning.learning.store.rounds(session.id)
    state, reason = await learning.learning.phase(round_)
    assert state == "failed"
    assert why in reason


async def test_people_who_contradict_each_other_are_counted_and_teach_nothing(learning: Platform) -> None:
    session = await begun(learning, automatic=False)
    await forward(learning)
    other = Identity("olga", frozenset({Role.ADMIN}))
    await label(learning, session, 0, "A")
    await label(learning, session, 0, "B", other)
    await label(learning, session, 1, "A")
    [figures] = await learning.learning.figures(session)
    assert (figures.conflicting, figures.labelled, figures.complete) == (1, 1, True)
    round_ = await learning.learning.start_round(session.id, OWNER)
    await forward(learning, 2)
    [attempt] = await learning.jobs.attempts(round_.job)
    labels = (learning.jobs.attempt_folder(attempt) / "in" / "labels.csv").read_text().splitlines()
    assert labels[1:] == ["0,A.csv,,,", "1,B.csv,,,A"]


async def test_a_fork_begins_with_the_labels_of_its_round_and_goes_on_with_all(learning: Platform) -> None:
    session = await begun(learning, automatic=False)
    await forward(learning)
    await label(learning, session, 0, "A")
    await label(learning, session, 1, "B")
    await learning.learning.start_round(session.id, OWNER)
    await forward(learning)
    forked = await learning.learning.fork(session.id, 1, "", {"strategy": "random"}, OWNER)
    assert forked.name == "Be stars, from round 1"
    assert (forked.settings["strategy"], forked.label_set) == ("random", session.label_set)
    first = await learning.learning.start_round(forked.id, OWNER)
    assert first.last_event == 0
    await forward(learning)
    assert (await learning.learning.start_round(forked.id, OWNER)).last_event == 2


async def test_a_closed_session_takes_labels_and_begins_no_round(learning: Platform) -> None:
    session = await begun(learning)
    await forward(learning)
    await learning.learning.close(session.id, OWNER)
    await label(learning, session, 0, "A")
    await label(learning, session, 1, "B")
    await forward(learning)
    assert len(await learning.learning.store.rounds(session.id)) == 1
    with pytest.raises(Conflict, match="closed"):
        await learning.learning.start_round(session.id, OWNER)
    await learning.learning.reopen(session.id, OWNER)
    assert (await learning.learning.start_round(session.id, OWNER)).last_event == 2


async def test_a_session_outlives_its_dataset(learning: Platform) -> None:
    session = await begun(learning, automatic=False)
    await forward(learning)
    await label(learning, session, 0, "A")
    await learning.data.delete(session.dataset, OWNER)
    with pytest.raises(Conflict, match="deleted"):
        await learning.learning.start_round(session.id, OWNER)
    [figures] = await learning.learning.figures(session)
    assert figures.labelled == 1


async def test_what_an_open_session_needs_is_not_deleted(learning: Platform) -> None:
    session = await begun(learning)
    with pytest.raises(Conflict, match="used by"):
        await learning.labels.delete(session.label_set, OWNER)
    await forward(learning)
    await learning.learning.close(session.id, OWNER)
    await learning.labels.delete(session.label_set, OWNER)
    assert await learning.learning.figures(session)


async def test_a_round_is_not_run_again_as_a_job_of_its_own(learning: Platform) -> None:
    session = await begun(learning)
    await forward(learning)
    [round_] = await learning.learning.store.rounds(session.id)
    assert (await learning.jobs.get(round_.job)).phase is Phase.COMPLETED
    with pytest.raises(Conflict, match="restart the round"):
        await learning.again(round_.job, {}, OWNER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"batch": 3}, "batch"),
        ({"module": "toys"}, "module"),
        ({"parameters": {"epochs": 0}}, "parameters.epochs"),
        ({"targets": ["nova"]}, "targets"),
        ({"node": "moon"}, "node"),
    ],
)
async def test_a_session_that_cannot_run_is_not_made(
    learning: Platform, changes: dict[str, Any], field: str
) -> None:
    dataset = await add_dataset(learning)
    with pytest.raises(Invalid) as caught:
        await learning.learning.create("x", dataset, {**SETTINGS, **changes}, OWNER, classes=["A", "B"])
    assert field in [error.field for error in caught.value.errors]
    assert (await learning.labels.store.search(identity=OWNER)).total == 0


async def test_a_label_set_of_another_dataset_is_not_taken(learning: Platform) -> None:
    session = await begun(learning)
    other = await add_dataset(learning)
    with pytest.raises(Invalid, match="labels two stars"):
        await learning.learning.create("x", other, SETTINGS, OWNER, label_set=session.label_set)


async def test_a_later_round_is_given_the_pool_of_the_one_before_unless_it_would_differ(
    world: World, learning: Platform
) -> None:
    def with_pool(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.write("pool.parquet", "prepared")
        script = select(spec)
        found = {"path": "pool.parquet", "size": 8, "sha256": hashlib.sha256(b"prepared").hexdigest()}
        container.exit(artefacts=[found])
        return script

    world.behave = with_pool
    session = await begun(learning, stop={"rounds": 2})
    await forward(learning)
    await label(learning, session, 0, "A")
    await label(learning, session, 1, "B")
    await forward(learning)
    first, second = await learning.learning.store.rounds(session.id)
    pools = [
        [mount for mount in spec.mounts if mount.target.endswith("in/pool.parquet")]
        for spec in world.node.started
        if spec.name.startswith("h-")
    ]
    assert [len(mounts) for mounts in pools] == [0, 1]
    assert first.job in str(pools[1][0].source)
    assert pools[1][0].read_only
    job = await learning.jobs.get(second.job)
    assert await learning.inputs.pool(job.input["learning"]) == pools[1][0].source
    pools[1][0].source.unlink()
    assert await learning.inputs.pool(job.input["learning"]) is None

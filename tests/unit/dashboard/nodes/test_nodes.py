"""Nodes: which fits, which has room, which answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import NotFound
from dashboard.base.events import Live
from dashboard.base.resources import Resources
from dashboard.nodes.launcher_factory import ChosenLauncher, make_launcher
from dashboard.nodes.registry import Nodes
from dashboard.settings import NodeSettings
from launchers import LaunchError, NodeDown, NodeHealth
from launchers.fake import FakeLauncher, FakeNode

WORLD = {"big": FakeNode(), "small": FakeNode()}
SETTINGS = {
    "big": NodeSettings("fake", cpus=8, memory_mb=4096),
    "small": NodeSettings("fake", cpus=2, memory_mb=1024),
}


async def fake(settings: NodeSettings, state: Path) -> ChosenLauncher:
    return ChosenLauncher(FakeLauncher(WORLD[state.name]), "as set")


@pytest.fixture(autouse=True)
def everything_is_up() -> None:
    for node in WORLD.values():
        node.down = ""


@pytest.fixture
async def nodes(tmp_path: Path) -> Nodes:
    made = Nodes(SETTINGS, tmp_path, Live(), 60, fake)
    for name in SETTINGS:
        await made.probe(name)
    return made


def test_any_means_the_fitting_node_with_most_room(nodes: Nodes) -> None:
    assert nodes.place("any", Resources(1, 100)) == "big"
    nodes.hold("big", "j", Resources(7, 100))
    assert nodes.place("any", Resources(1, 100)) == "small"
    assert nodes.place("any", Resources(4, 100)) is None
    nodes.release("j")
    assert nodes.place("any", Resources(4, 100)) == "big"


def test_memory_counts_as_much_as_processors(nodes: Nodes) -> None:
    nodes.hold("big", "j", Resources(1, 4000))
    assert nodes.place("big", Resources(1, 100)) is None
    assert nodes.get("big").used_memory_mb == 4000


def test_a_node_kept_for_an_earlier_job_is_not_given_away(nodes: Nodes) -> None:
    assert nodes.place("any", Resources(1, 100), {"big"}) == "small"
    assert nodes.place("big", Resources(1, 100), {"big"}) is None


async def test_a_node_that_is_down_takes_nothing_and_says_why(nodes: Nodes) -> None:
    WORLD["big"].down = "no route"
    await nodes.probe("big")
    assert nodes.place("any", Resources(1, 100)) == "small"
    assert nodes.fits(Resources(4, 100), OWNER) == {
        "big": ["does not answer: no route"],
        "small": ["has 2 processors, 4 are needed"],
    }


async def test_coming_and_going_is_told_once(tmp_path: Path) -> None:
    live, told = Live(), []
    nodes = Nodes(SETTINGS, tmp_path, live, 60, fake)
    nodes.changed = lambda: told.append("changed")
    with live.subscribe(["nodes"]) as following:
        for _ in range(2):
            await nodes.probe("small")
        WORLD["small"].down = "off"
        await nodes.probe("small")
        heard = [(await following.get(0)) for _ in range(2)]
        assert [event.data["ok"] for event in heard if event] == [True, False]
        assert await following.get(0) is None
    assert told == ["changed", "changed"]


async def test_a_start_does_not_wait_for_a_node_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.nodes.registry.FIRST_SECONDS", 0.01)

    async def hang(settings: NodeSettings, state: Path) -> ChosenLauncher:
        if state.name == "small":
            await asyncio.Event().wait()
        return await fake(settings, state)

    nodes = Nodes(SETTINGS, tmp_path, Live(), 60, hang)
    await nodes.start()
    assert [node.ok for node in nodes.all()] == [True, False]
    assert nodes.get("small").reason == "has not been probed yet"
    await nodes.stop()


async def test_a_launcher_that_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    tries = iter([LaunchError("docker", "no engine"), None])

    async def moody(_settings: NodeSettings, _state: Path) -> ChosenLauncher:
        if error := next(tries):
            raise error
        return ChosenLauncher(FakeLauncher())

    nodes = Nodes({"n": NodeSettings("docker")}, tmp_path, Live(), 60, moody)
    node = await nodes.probe("n")
    assert (node.ok, node.reason, node.kind) == (False, "no engine", "")
    with pytest.raises(NodeDown, match="no engine"):
        await nodes.launcher("n").find("x")
    assert (await nodes.probe("n")).ok


def test_an_unknown_node_names_those_there_are(nodes: Nodes) -> None:
    with pytest.raises(NotFound, match="big, small"):
        nodes.launcher("moon")
    with pytest.raises(LookupError):
        nodes.get("moon")


CLUSTER = NodeHealth(
    True,
    details={"queues": True, "cpus": 8, "memory_mb": 16000, "largest_cpus": 4, "largest_memory_mb": 8000},
)


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    async def probe(_: FakeLauncher) -> NodeHealth:
        return CLUSTER

    monkeypatch.setattr(FakeLauncher, "probe", probe)
    made = Nodes({"big": NodeSettings("fake", slots=2)}, tmp_path, Live(), 60, fake)
    await made.probe("big")
    return made


def test_a_cluster_takes_what_has_no_room_into_its_own_queue_up_to_its_slots(cluster: Nodes) -> None:
    cluster.hold("big", "j", Resources(8, 16000))
    assert cluster.get("big").free_cpus == 0
    assert cluster.place("big", Resources(4, 100)) == "big"
    cluster.hold("big", "k", Resources(4, 100))
    assert cluster.place("big", Resources(1, 100)) is None


def test_a_job_fits_a_cluster_when_it_fits_its_largest_machine(cluster: Nodes) -> None:
    assert cluster.fits(Resources(5, 100), OWNER) == {"big": ["has 4 processors, 5 are needed"]}
    assert cluster.fits(Resources(1, 9000), OWNER) == {"big": ["has 8000 MB of memory, 9000 MB are needed"]}


async def test_what_only_a_cluster_has_is_rejected_for_another_kind(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="partition"):
        await make_launcher(NodeSettings("process", partition="main"), tmp_path)


async def test_a_node_that_has_the_image_is_taken_before_one_that_must_fetch_it(nodes: Nodes) -> None:
    assert nodes.place("any", Resources(1, 100), image="som:1") == "big"
    await nodes.launcher("small").prepare("som:1")
    assert nodes.place("any", Resources(1, 100), image="som:1") == "small"


async def test_a_gpu_is_kept_for_those_who_ask_for_one(tmp_path: Path) -> None:
    settings = {"gpu": NodeSettings("fake", cpus=8, gpus=1), "plain": NodeSettings("fake", cpus=2)}
    nodes = Nodes(settings, tmp_path, Live(), 60, lambda one, _: fake(one, tmp_path / "big"))
    for name in settings:
        await nodes.probe(name)
    assert nodes.place("any", Resources(1, 100)) == "plain"
    assert nodes.place("any", Resources(1, 100, gpus=1)) == "gpu"


async def test_a_label_that_is_needed_chooses_the_node(tmp_path: Path) -> None:
    settings = {"a": NodeSettings("fake", cpus=8), "b": NodeSettings("fake", cpus=2, labels=("ssd", "big"))}
    nodes = Nodes(settings, tmp_path, Live(), 60, lambda one, _: fake(one, tmp_path / "big"))
    for name in settings:
        await nodes.probe(name)
    assert nodes.place("any", Resources(1, 100, labels=("ssd",))) == "b"
    assert nodes.place("a", Resources(1, 100, labels=("ssd",))) is None

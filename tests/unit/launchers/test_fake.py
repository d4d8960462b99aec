"""The fake node: what tests of the platform lean on, beyond the behaviour that all launchers share."""

from __future__ import annotations

import pytest

from launchers import LaunchError, LaunchSpec, NodeDown, State
from launchers.fake import FakeLauncher, FakeNode, Script


def spec(name: str = "attempt-1", **values: object) -> LaunchSpec:
    return LaunchSpec(name=name, image="x", command=("python",), **values)  # type: ignore[arg-type]


async def test_a_test_decides_when_it_begins_and_how_it_ends() -> None:
    node = FakeNode(behave=lambda _: Script(starting=True))
    launcher = FakeLauncher(node)
    handle = await launcher.start(spec())
    assert (await launcher.status(handle)).state is State.STARTING
    node.begin("attempt-1")
    assert (await launcher.status(handle)).state is State.RUNNING
    node.finish("attempt-1", 2, b"bad parameters\n")
    status = await launcher.status(handle)
    assert (status.state, status.exit_code) == (State.EXITED, 2)
    assert await launcher.logs(handle) == b"bad parameters\n"


async def test_a_start_whose_answer_is_lost_did_start() -> None:
    node = FakeNode(lose_answers=1)
    launcher = FakeLauncher(node)
    with pytest.raises(NodeDown):
        await launcher.start(spec())
    handle = await launcher.find("attempt-1")
    assert handle is not None
    assert await launcher.start(spec()) == handle
    assert len(node.started) == 1


async def test_a_node_that_is_down_answers_nothing_and_forgets_nothing() -> None:
    node = FakeNode()
    launcher = FakeLauncher(node)
    handle = await launcher.start(spec())
    node.down = "no route to host"
    for call in (
        launcher.status(handle),
        launcher.find("attempt-1"),
        launcher.list(""),
        launcher.start(spec("b")),
    ):
        with pytest.raises(NodeDown, match="no route to host"):
            await call
    assert not (await launcher.probe()).ok
    node.down = ""
    assert (await launcher.status(handle)).state is State.RUNNING


async def test_time_passes_only_as_the_test_lets_it() -> None:
    now = [0.0]
    launcher = FakeLauncher(FakeNode(clock=lambda: now[0]))
    handle = await launcher.start(spec(walltime_s=60))
    now[0] = 59
    assert (await launcher.status(handle)).state is State.RUNNING
    now[0] = 60
    status = await launcher.status(handle)
    assert (status.state, status.reason) == (State.EXITED, "killed: it ran longer than its limit of 60 s")


async def test_a_node_can_lose_what_runs_or_not_know_about_it() -> None:
    node = FakeNode()
    launcher = FakeLauncher(node)
    handle = await launcher.start(spec())
    node.puzzle("attempt-1")
    assert (await launcher.status(handle)).state is State.UNKNOWN
    node.lose("attempt-1")
    assert (await launcher.status(handle)).state is State.MISSING


async def test_a_node_can_reject() -> None:
    with pytest.raises(LaunchError, match="no space left"):
        await FakeLauncher(FakeNode(reject="no space left")).start(spec())


async def test_a_port_has_an_address_of_its_own() -> None:
    launcher = FakeLauncher()
    addresses = {(await launcher.start(spec(name, port=True))).address for name in ("a", "b")}
    assert len(addresses) == 2
    assert (await launcher.start(spec("c"))).address is None


async def test_what_is_asked_to_stop_is_recorded_once() -> None:
    node = FakeNode()
    launcher = FakeLauncher(node)
    handle = await launcher.start(spec())
    await launcher.stop(handle)
    await launcher.stop(handle)
    assert node.stopped == ["attempt-1"]
    assert (await launcher.status(handle)).reason.startswith("stopped as asked")

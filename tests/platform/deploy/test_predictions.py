"""Asynchronous predictions: taken, made, shown, limited and forgotten."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from deploy.access.address import CallerAddresses
from deploy.application import create_application
from deploy.deferred import replica_client as predictions_asking
from deploy.deferred import service as predictions
from deploy.deferred import worker as predictions_work
from deploy.deferred.record import PredictionLimits, prefers_async
from deploy.model.deployment import Access
from deploy.service import DeployService
from tests.platform.deploy.world import Answering, DeployWorld, deployment, until

LATER = {"Prefer": "respond-async"}
PLAIN = "/deployments/be-stars/predictions"


@dataclass
class PredictionClient:
    """Asks a gateway, as it stands alone, for predictions."""

    world: DeployWorld
    service: DeployService
    server: TestServer
    session: aiohttp.ClientSession

    async def ask(
        self, path: str = PLAIN, method: str = "POST", **more: Any
    ) -> tuple[int, Any, CIMultiDict[str]]:
        async with self.session.request(method, self.server.make_url(path), **more) as answer:
            told = await answer.json(content_type=None) if answer.status != 204 else None
            return answer.status, told, answer.headers.copy()

    async def look(self, address: str, **more: Any) -> dict[str, Any]:
        status, told, _ = await self.ask(address, "GET", **more)
        assert status == 200, told
        found: dict[str, Any] = told["prediction"]
        return found

    async def end(self, address: str) -> dict[str, Any]:
        found = await self.look(f"{address}?wait=10")
        assert found["ended"]
        return found

    @property
    def files(self) -> list[Path]:
        folder = self.world.folder.with_name("predictions")
        # Unlike rglob, it does not mind that a folder goes away meanwhile.
        return [Path(top, name) for top, _, names in os.walk(folder) for name in names]

    @property
    def replica(self) -> Answering:
        return next(iter(self.world.replicas.values()))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "QUERY_EVERY_S", 0.01)
    monkeypatch.setattr(predictions_work, "RETRY_AFTER_S", 0.01)
    monkeypatch.setattr(predictions_asking, "FIRST_PAUSE_S", 0.01)


@pytest.fixture
async def desk(world: DeployWorld) -> AsyncIterator[PredictionClient]:
    await world.service.create(deployment())
    await world.ready()
    async for made in at(world, world.service):
        yield made


async def at(world: DeployWorld, service: DeployService) -> AsyncIterator[PredictionClient]:
    async with aiohttp.ClientSession() as session, TestServer(create_application(service)) as server:
        yield PredictionClient(world, service, server, session)


async def token(world: DeployWorld, **limits: Any) -> dict[str, str]:
    _, secret = await world.service.tokens.make("be-stars", "a program", **limits)
    await world.service.refresh()
    return {"Authorization": f"Bearer {secret}"}


async def counted(world: DeployWorld, **expected: int) -> dict[str, Any]:
    """Wait until so much is counted: a prediction is, right after its end can be seen."""
    async with asyncio.timeout(10):
        while True:
            await world.service.usage.write()
            total: dict[str, Any] = (await world.service.usage.of("be-stars", 60))["total"]
            if all(total[name] >= number for name, number in expected.items()):
                assert {name: total[name] for name in expected} == expected
                return total
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/predict/be-stars?a=1", LATER),
        ("/deployments/be-stars/v2/models/rdf/predict/?a=1", {"Prefer": "wait=1, Respond-Async; x=1"}),
        (f"{PLAIN}?a=1", {}),
    ],
)
async def test_a_prediction_is_taken_on_at_once_and_its_answer_is_fetched_later(
    desk: PredictionClient, path: str, headers: dict[str, str]
) -> None:
    asked = {**headers, "Content-Type": "application/fits", "Accept": "text/csv", "Cookie": "x=1"}
    status, told, head = await desk.ask(path, data=b"x" * 3000, headers=asked)
    assert (status, head["Preference-Applied"]) == (202, "respond-async")
    address = head["Location"]
    assert told["prediction"]["address"] == address
    assert (told["prediction"]["deployment"], told["prediction"]["size"]) == ("be-stars", 3000)
    found = await desk.end(address)
    assert (found["state"], found["spectra"], found["version"], found["reason"]) == ("completed", 2, 1, "")
    status, answer, head = await desk.ask(found["result"], "GET")
    assert (status, head["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert (answer["path"], answer["length"]) == ("/v2/models/rdf/predict/?a=1", 3000)
    assert (answer["headers"]["content-type"], answer["headers"]["accept"]) == (
        "application/fits",
        "text/csv",
    )
    assert not {"cookie", "prefer", "authorization", "accept-encoding"} & answer["headers"].keys()
    total = await counted(desk.world, requests=1)
    assert (total["requests"], total["spectra"]) == (1, 2)


async def test_other_calls_are_waited_for_whatever_they_prefer(desk: PredictionClient) -> None:
    async with desk.session.get(
        desk.server.make_url("/deployments/be-stars/v2/models/"), headers=LATER
    ) as answer:
        assert (answer.status, (await answer.json())["path"]) == (200, "/v2/models/")


async def test_while_it_runs_it_says_so_and_has_no_result(desk: PredictionClient) -> None:
    desk.replica.hold.clear()
    address = (await desk.ask(data=b"x"))[2]["Location"]
    await desk.replica.arrived.wait()
    status, told, head = await desk.ask(address, "GET")
    assert (status, told["prediction"]["state"], told["prediction"]["result"]) == (200, "running", None)
    assert int(head["Retry-After"]) > 0
    assert (await desk.ask(f"{address}/result", "GET"))[0] == 409
    began = time.monotonic()
    waiting = asyncio.create_task(desk.look(f"{address}?wait=30"))
    assert (await desk.look(f"{address}?wait=0.05"))["state"] == "running"
    desk.replica.hold.set()
    assert (await waiting)["state"] == "completed"
    assert time.monotonic() - began < 30
    for nonsense in ("61", "-1", "soon"):
        assert (await desk.ask(f"{address}?wait={nonsense}", "GET"))[0] == 422


async def test_what_the_model_rejects_is_the_result_with_its_status(desk: PredictionClient) -> None:
    desk.replica.status = 422
    address = (await desk.ask(data=b"x"))[2]["Location"]
    found = await desk.end(address)
    assert (found["state"], "the model answered 422" in found["reason"]) == ("error", True)
    status, answer, _ = await desk.ask(found["result"], "GET")
    assert (status, answer["length"]) == (422, 1)
    await counted(desk.world, client_errors=1)


async def test_a_busy_model_is_asked_again(desk: PredictionClient) -> None:
    desk.replica.status = 503
    address = (await desk.ask(data=b"x"))[2]["Location"]
    await until(lambda: len(desk.replica.got) >= 3)
    desk.replica.status = 200
    assert (await desk.end(address))["state"] == "completed"
    await counted(desk.world, requests=1)


async def test_without_a_replica_it_ends_with_the_problem(desk: PredictionClient) -> None:
    await desk.service.enable("be-stars", enabled=False)
    address = (await desk.ask(data=b"x"))[2]["Location"]
    found = await desk.end(address)
    assert (found["state"], "was disabled" in found["reason"]) == ("error", True)
    status, problem, head = await desk.ask(found["result"], "GET")
    assert (status, head["Content-Type"]) == (503, "application/problem+json; charset=utf-8")
    assert "was disabled" in problem["detail"]


async def test_what_was_taken_on_survives_a_restart_and_is_counted_once(desk: PredictionClient) -> None:
    world = desk.world
    desk.replica.hold.clear()
    held = [(await desk.ask(data=b"x" * size))[2]["Location"] for size in (10, 20, 30)]
    await desk.replica.arrived.wait()
    finished = (await desk.ask(data=b"x"))[2]["Location"]
    await desk.service.close()
    desk.replica.hold.set()
    world.service = world.another()
    await world.service.start()
    async for again in at(world, world.service):
        ended = [await again.end(address) for address in (*held, finished)]
        assert {one["state"] for one in ended} == {"completed"}
        answers = [(await again.ask(one["result"], "GET"))[1]["length"] for one in ended]
        assert answers == [10, 20, 30, 1]
    await counted(world, requests=4)


async def test_files_of_what_nobody_knows_are_removed_at_the_start(desk: PredictionClient) -> None:
    lost = desk.world.folder.with_name("predictions") / "me" / "0123"
    lost.mkdir()
    (lost / "body").write_bytes(b"half a body")
    await desk.service.close()
    desk.world.service = desk.world.another()
    await desk.world.service.start()
    assert desk.files == []


def limited(world: DeployWorld, **limits: Any) -> DeployService:
    return DeployService(
        world.database,
        world.launchers.__getitem__,
        world.folder,
        "me",
        limits=replace(PredictionLimits(), **limits),
        addresses=CallerAddresses(["127.0.0.0/8"]),
    )


def from_address(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(30):
        yield b"c" * 100_000


async def test_a_body_that_is_too_large_is_denied_and_nothing_is_left_of_it(desk: PredictionClient) -> None:
    world = desk.world
    await desk.service.close()
    world.service = limited(world, body_limit_mb=1)
    await world.service.start()
    async for small in at(world, world.service):
        status, told, _ = await small.ask(data=b"x" * 1_000_001)
        assert (status, "at most 1 MB" in told["detail"]) == (413, True)
        assert (await small.ask(data=chunks()))[0] == 413
        assert small.files == []
        address = (await small.ask(data=b"x", params={"large": "1"}))[2]["Location"]
        assert (await small.end(address))["state"] == "completed"  # a million bytes: just not too large


async def test_what_is_kept_may_take_no_more_than_its_room(desk: PredictionClient) -> None:
    world = desk.world
    await desk.service.close()
    world.service = limited(world, disk_limit_mb=1)
    await world.service.start()
    async for small in at(world, world.service):
        small.replica.hold.clear()
        first = (await small.ask(data=b"x" * 700_000))[2]["Location"]
        status, told, _ = await small.ask(data=b"x" * 700_000)
        assert (status, "all of their 1 MB" in told["detail"]) == (503, True)
        small.replica.hold.set()
        await small.end(first)  # its body goes, its answer is small
        assert (await small.ask(data=b"x" * 700_000))[0] == 202


async def test_no_more_are_kept_than_may_be_of_a_caller_and_of_a_deployment(desk: PredictionClient) -> None:
    world = desk.world
    await desk.service.close()
    world.service = limited(world, per_caller=2, per_deployment=3)
    await world.service.start()
    async for small in at(world, world.service):
        mine, yours = await token(world), await token(world)
        first = [await small.ask(data=b"x", headers=mine) for _ in range(3)]
        assert [status for status, _, _ in first] == [202, 202, 429]
        assert "you have 2 predictions" in first[2][1]["detail"]
        second = [await small.ask(data=b"x", headers=yours) for _ in range(2)]
        assert [status for status, _, _ in second] == [202, 503]
        assert (await small.ask(first[0][2]["Location"], "DELETE", headers=mine))[0] == 204
        assert (await small.ask(data=b"x", headers=yours))[0] == 202


async def test_many_predictions_of_one_address_keep_nobody_else_out(desk: PredictionClient) -> None:
    world = desk.world
    await desk.service.close()
    world.service = limited(world, per_caller=4, per_deployment=12)
    await world.service.start()
    async for small in at(world, world.service):
        small.replica.hold.clear()
        one = from_address("192.0.2.1")
        sent = [await small.ask(data=b"x", headers=one) for _ in range(5)]
        assert [status for status, _, _ in sent] == [202] * 4 + [429]
        assert (await small.ask(data=b"x", headers=from_address("192.0.2.2")))[0] == 202
        assert (await small.ask(data=b"x", headers=from_address("192.0.2.3")))[0] == 202
        full = await small.ask(data=b"x", headers=from_address("192.0.2.4"))
        assert (full[0], "callers without a token have 6" in full[1]["detail"]) == (429, True)
        assert (await small.ask(data=b"x", headers=await token(world)))[0] == 202  # the other half is theirs
        small.replica.hold.set()
        addresses = [head["Location"] for status, _, head in sent if status == 202]
        ends = {address: (await small.end(address))["ended"] for address in addresses}
        addresses.sort(key=lambda address: (ends[address], address))  # they may end in any order
        # Where there are results, the oldest one makes room: of the address itself, then of who has most.
        assert (await small.ask(data=b"x", headers=one))[0] == 202
        assert (await small.ask(addresses[0], "GET"))[0] == 404
        assert (await small.ask(data=b"x", headers=from_address("192.0.2.4")))[0] == 202
        assert (await small.ask(addresses[1], "GET"))[0] == 404


async def test_the_id_of_an_anonymous_prediction_is_the_key_to_it_from_any_address(
    desk: PredictionClient,
) -> None:
    address = (await desk.ask(data=b"x", headers=from_address("192.0.2.1")))[2]["Location"]
    ended = await desk.end(address)
    assert (ended["state"], ended["caller"]) == ("completed", "")


async def test_only_who_asked_sees_it_and_asking_how_far_it_is_costs_no_call(desk: PredictionClient) -> None:
    world = desk.world
    await world.service.change("be-stars", lambda one: replace(one, access=Access.TOKENS))
    mine, other = await token(world, quota=1), await token(world)
    assert (await desk.ask(data=b"x"))[0] == 401
    address = (await desk.ask(data=b"x", headers=mine))[2]["Location"]
    await until(lambda: len(desk.files) == 1)
    for _ in range(5):
        assert (await desk.look(address, headers=mine))["id"] in address
    assert (await desk.ask(data=b"x", headers=mine))[0] == 429
    for headers in ({}, other):
        for path, method in ((address, "GET"), (f"{address}/result", "GET"), (address, "DELETE")):
            assert (await desk.ask(path, method, headers=headers))[0] == 404
    wrong = {"Authorization": mine["Authorization"][:-1] + "!"}
    assert (await desk.ask(address, "GET", headers=wrong))[0] == 401
    assert [one["address"] for one in (await desk.ask(PLAIN, "GET", headers=mine))[1]["predictions"]] == [
        address
    ]
    assert (await desk.ask(PLAIN, "GET", headers=other))[1]["predictions"] == []
    assert (await desk.ask(PLAIN, "GET"))[0] == 401
    by_token = (await world.service.usage.of("be-stars", 60))["tokens"]
    assert sum(sums["requests"] for name, sums in by_token.items() if name) <= 1


async def test_a_deletion_stops_what_runs_and_leaves_nothing(desk: PredictionClient) -> None:
    desk.replica.hold.clear()
    address = (await desk.ask(data=b"x" * 5000))[2]["Location"]
    await desk.replica.arrived.wait()
    assert (await desk.ask(address, "DELETE"))[0] == 204
    assert (await desk.ask(address, "GET"))[0] == 404
    assert desk.files == []
    assert desk.world.status().replicas[0].outstanding == 0


async def test_another_gateway_tells_of_it_gives_the_answer_and_can_cancel_it(desk: PredictionClient) -> None:
    world = desk.world
    second = world.another("you")
    await second.start()
    try:
        async for other in at(world, second):
            address = (await desk.ask(data=b"x" * 7))[2]["Location"]
            found = await other.end(address)
            assert (found["state"], found["gateway"]) == ("completed", "me")
            assert (await other.ask(found["result"], "GET"))[1]["length"] == 7
            desk.replica.hold.clear()
            address = (await desk.ask(data=b"x"))[2]["Location"]
            await until(lambda: desk.replica.got.count("/v2/models/rdf/predict/") == 2)
            assert (await other.ask(address, "DELETE"))[0] == 204
            await until(lambda: not [path for path in desk.files if path.name == "body"])
    finally:
        desk.replica.hold.set()
        await second.close(stop_replicas=True)


async def test_a_gateway_that_is_gone_is_named(
    desk: PredictionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    desk.replica.hold.clear()
    address = (await desk.ask(data=b"x"))[2]["Location"]
    await desk.replica.arrived.wait()
    await desk.service.close()
    monkeypatch.setattr(predictions, "SILENT_S", -1.0)
    world.service = world.another("you")
    await world.service.start()
    async for other in at(world, world.service):
        found = await other.look(address)
        assert found["state"] == "running"
        assert "the gateway me, which has the request, has not been alive since 20" in found["reason"]


async def test_results_expire_and_go_with_their_deployment(desk: PredictionClient) -> None:
    world = desk.world
    await desk.service.close()
    world.service = limited(world, keep_hours=0.0)
    await world.service.start()
    async for brief in at(world, world.service):
        address = (await brief.ask(data=b"x"))[2]["Location"]
        assert (await brief.end(address))["expires"]
        await world.service.predictions._sweep()
        assert ((await brief.ask(address, "GET"))[0], brief.files) == (404, [])
    await world.service.close()
    world.service = world.another()
    await world.service.start()
    async for usual in at(world, world.service):
        address = (await usual.ask(data=b"x"))[2]["Location"]
        await usual.end(address)
        await world.service.delete("be-stars")
        assert (await usual.ask(address, "GET"))[0] == 404
        await world.service.create(deployment(created="2026-02-02T00:00:00.000Z"))
        assert (await usual.ask(address, "GET"))[0] == 404  # of another deployment of that name
        await world.service.predictions._sweep()
        assert usual.files == []


async def test_without_the_database_nothing_is_taken_on_and_what_runs_is_recorded_later(
    desk: PredictionClient,
) -> None:
    desk.replica.hold.clear()
    address = (await desk.ask(data=b"x"))[2]["Location"]
    await desk.replica.arrived.wait()
    desk.world.database.away = True
    status, told, _ = await desk.ask(data=b"x")
    assert (status, "database is unavailable" in told["detail"]) == (503, True)
    assert (await desk.ask(address, "GET"))[0] == 503
    desk.replica.hold.set()
    await until(lambda: any(path.name == "answer" for path in desk.files))
    desk.world.database.away = False
    assert (await desk.end(address))["state"] == "completed"


async def test_a_deployment_at_zero_is_started_for_it(desk: PredictionClient) -> None:
    await desk.service.enable("be-stars", enabled=False)
    await until(lambda: not desk.world.running())
    await desk.service.enable("be-stars", enabled=True)
    address = (await desk.ask(data=b"x"))[2]["Location"]
    assert (await desk.end(address))["state"] == "completed"


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        (["respond-async"], True),
        (["return=minimal, RESPOND-ASYNC;foo"], True),
        (["wait=10", "respond-async"], True),
        (["respond-asynchronously"], False),
        ([], False),
    ],
)
def test_preferences_are_read_as_the_standard_has_them(prefer: list[str], expected: bool) -> None:
    assert prefers_async(prefer) is expected

"""Bad bodies of every kind in a stream of good ones: each is told what is wrong, and harms nobody."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos import repeated
from tests.integration.serving_faults.bodies import Bad, bad_bodies
from tests.integration.serving_faults.callers import Callers, Told, alone, send
from tests.integration.serving_faults.conftest import Forest
from tests.integration.serving_faults.running_gateway import NAME, serving
from tests.integration.serving_faults.test_killed_models import wrong

TIMES, GOOD_CLIENTS, BAD_CLIENTS = repeated(50, 20), 16, 16


def words(told: Told) -> str:
    """Return what an answer says is wrong: a problem's detail, or DEEPaaS' messages by field."""
    content = json.loads(told.body)
    detail = content.get("detail")
    return str(detail) if detail else json.dumps({key: content[key] for key in sorted(content)})


async def throw(port: int, bodies: list[Bad], times: int) -> list[Told]:
    """Send every body so many times, in turn, a few at once."""
    waiting = iter([bad for _ in range(times) for bad in bodies])
    told: list[Told] = []

    async def client() -> None:
        told.extend([await send(port, f"/predict/{NAME}", bad) for bad in waiting])

    await asyncio.gather(*(client() for _ in range(BAD_CLIENTS)))
    return told


def check(bodies: list[Bad], told: list[Told]) -> None:
    """Check that each kind has its own 4xx, always the same, and words that no other kind has."""
    said = {each.name: words(each) for each in told}
    for bad in bodies:
        mine = [each for each in told if each.name == bad.name]
        assert {each.status for each in mine} == {bad.status}, (bad.name, mine[0])
        assert all(bad.says in words(each) for each in mine), (bad.name, said[bad.name])
        others = [name for name, text in said.items() if name != bad.name and bad.says in text]
        assert others == [], (bad.name, others)


@pytest.mark.chaos
async def test_each_kind_of_bad_body_has_its_own_4xx_and_harms_no_neighbour(
    forest: Forest, tmp_path: Path
) -> None:
    bodies = bad_bodies(next(iter(forest.stars.values())))
    assert len(bodies) >= 24
    async with serving(tmp_path, forest.model, 2) as running:
        expected = await alone(running.address, forest.stars)

        async def stream(times: int) -> tuple[list[Told], list[Told]]:
            async with Callers(running.address, forest.stars, GOOD_CLIENTS) as callers:
                thrown = await throw(running.port, bodies, times)
            return callers.told, thrown

        await stream(TIMES // 10)  # everything has been imported and every buffer has had its size
        before, processes = running.memory(), len(running.processes())
        good, bad = await stream(TIMES)
        print(f"{len(good)} good ones, {len(bad)} bad ones of {len(bodies)} kinds")
        assert wrong(good, expected) == []
        assert len(good) > len(bodies) * TIMES / 4
        assert Counter(each.name for each in bad) == {each.name: TIMES for each in bodies}
        check(bodies, bad)
        assert [path for path in running.temporary.rglob("*") if path.is_file()] == []
        assert len(running.processes()) == processes
        after = running.memory()
        print(f"memory of the servers and workers: {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after")
        assert after <= 1.1 * before
        assert wrong(await once_more(running.address, forest), expected) == []


async def once_more(address: str, forest: Forest) -> list[Told]:
    """Ask about every star once more, with nobody else there."""
    answers = await alone(address, forest.stars)
    return [Told(name, 0.0, 0.0, 200, {}, body) for name, body in answers.items()]

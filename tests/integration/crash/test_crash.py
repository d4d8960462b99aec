"""No job is lost and none runs twice, whenever the platform is killed.

Manually, for longer: ``python -m tests.integration.crash``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from dashboard.base.ids import new_identifier
from tests.chaos import repeated
from tests.integration.crash.several import SeveralSupervisors
from tests.integration.crash.staged import NodePlan
from tests.integration.crash.trial import POINTS, Trial
from tests.integration.images import IMAGE

#: Of the platform; each named point is among them in the short run as well.
KILLS = repeated(110, 36)


@pytest.mark.chaos
@pytest.mark.docker
def test_300_jobs_outlive_110_kills_of_the_platform(short_folder: Path, docker_engine: None) -> None:
    nodes = {
        "fake": NodePlan("fake", share=6, slots=8),
        "process": NodePlan("process", share=3, slots=3),
        "docker": NodePlan("docker", share=1, slots=2, image=IMAGE),
    }
    report = Trial(short_folder, nodes, jobs=repeated(300, 100), kills=KILLS, seed=20261120).run()
    assert report.faults == []
    assert report.kills >= KILLS * 10 // 11
    assert set(report.at_points) == set(POINTS)


def new_database(server: Path) -> str:
    """Make an empty database; return its URL."""
    name = f"t{new_identifier()}"

    async def make() -> None:
        connection = await asyncpg.connect(host=str(server), user="huggins", database="postgres")
        await connection.execute(f"create database {name}")
        await connection.close()

    asyncio.run(make())
    return f"postgresql://huggins@/{name}?host={server}"


def test_jobs_outlive_the_kills_on_postgresql(short_folder: Path, postgresql: Path) -> None:
    nodes = {"fake": NodePlan("fake", slots=8), "process": NodePlan("process", slots=3)}
    url = new_database(postgresql)
    report = Trial(short_folder, nodes, jobs=60, kills=30, seed=20261120, url=url).run()
    assert report.faults == []
    assert set(report.at_points) == set(POINTS)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_supervisors_that_are_stopped_woken_and_killed_share_the_jobs(
    short_folder: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url = new_database(request.getfixturevalue("postgresql")) if kind == "postgresql" else ""
    nodes = {"fake": NodePlan("fake", slots=1), "process": NodePlan("process", slots=1)}
    trial = SeveralSupervisors(short_folder, nodes, jobs=90, kills=6, seed=20261120, url=url, longest_ms=500)
    report = trial.run()
    assert report.faults == []
    assert trial.takeovers >= 1

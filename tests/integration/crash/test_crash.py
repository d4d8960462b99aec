"""No job is lost and none runs twice, whenever the platform is killed.

By hand, for longer: ``python -m tests.integration.crash``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from dashboard.identifiers import new_identifier
from tests.integration.crash.staged import NodePlan
from tests.integration.crash.trial import POINTS, Trial
from tests.integration.launchers.conftest import IMAGE


@pytest.mark.docker
def test_300_jobs_outlive_110_kills_of_the_platform(short_folder: Path, docker_engine: None) -> None:
    nodes = {
        "fake": NodePlan("fake", share=6, slots=8),
        "process": NodePlan("process", share=3, slots=3),
        "docker": NodePlan("docker", share=1, slots=2, image=IMAGE),
    }
    report = Trial(short_folder, nodes, jobs=300, kills=110, seed=20261120).run()
    assert report.faults == []
    assert report.kills >= 100
    assert set(report.at_points) == set(POINTS)


def test_jobs_outlive_the_kills_on_postgresql(short_folder: Path, postgresql: Path) -> None:
    name = f"t{new_identifier()}"

    async def make_database() -> None:
        connection = await asyncpg.connect(host=str(postgresql), user="huggins", database="postgres")
        await connection.execute(f"create database {name}")
        await connection.close()

    asyncio.run(make_database())
    nodes = {"fake": NodePlan("fake", slots=8), "process": NodePlan("process", slots=3)}
    url = f"postgresql://huggins@/{name}?host={postgresql}"
    report = Trial(short_folder, nodes, jobs=60, kills=30, seed=20261120, url=url).run()
    assert report.faults == []
    assert set(report.at_points) == set(POINTS)

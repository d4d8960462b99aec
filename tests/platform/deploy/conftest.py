"""Fixtures of the deploy service's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy import service
from deploy.control import controller, replica
from deploy.service import DeployService
from launchers.fake import FakeNode
from tests.platform.deploy.world import DeployWorld, ServingLauncher, SwitchableDatabase


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service look often, so that no test waits."""
    monkeypatch.setattr(replica, "PROBE_EVERY_S", 0.01)
    monkeypatch.setattr(replica, "FAST_PROBE_EVERY_S", 0.005)
    monkeypatch.setattr(replica, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(controller, "TICK_S", 0.01)
    monkeypatch.setattr(service, "FOLLOW_EVERY_S", 0.01)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DeployWorld]:
    database = SwitchableDatabase(tmp_path / "deploy.sqlite")
    await database.make()
    launchers = {name: ServingLauncher(FakeNode()) for name in ("local", "other")}
    changes: list[str] = []
    made = DeployService(database, launchers.__getitem__, tmp_path / "replicas", "me", changes.append)
    await made.start()
    world = DeployWorld(tmp_path / "replicas", database, launchers, made, changes)
    await world.open()
    yield world
    await world.close()

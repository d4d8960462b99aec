"""A module as `huggins modules new` writes it, and sessions of the check on it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from dashboard.publishing.check import nodes
from dashboard.publishing.check.check import process_environment
from dashboard.publishing.check.contract import training
from dashboard.publishing.check.contract.bench import Bench
from dashboard.publishing.check.contract.jobs import Job
from dashboard.publishing.check.contract.session import Session
from dashboard.publishing.check.static import static
from dashboard.publishing.finding import Report
from dashboard.publishing.scaffold.scaffold import NewModule, write
from dashboard.publishing.source.tree import SourceTree


class Sessions:
    """Opens sessions on this machine's processes: no container is needed to find most faults."""

    def __init__(self, folder: Path, stack: AsyncExitStack, data: Path | None = None) -> None:
        self.folder, self.stack, self.data, self.count = folder, stack, data, 0

    async def open(self, module: Path) -> Session:
        """Return a session on a module's folder."""
        report, tree = Report(str(module)), SourceTree(module)
        found, example = static.check(tree, report)
        assert found is not None
        assert example is not None
        assert report.errors == []
        self.count += 1
        place = self.folder / str(self.count)
        place.mkdir(parents=True)
        launcher = await self.stack.enter_async_context(nodes.node("process", place / "state"))
        env = process_environment(tree, found, place)
        session = Session(found, example, tree, Bench(launcher, found.name, place / "runs", env), report)
        if self.data is not None:
            session.data = self.data
        return session


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a new method, without a fault."""
    return write(NewModule("wiggles"), tmp_path_factory.mktemp("good"))


@pytest.fixture
def faulty(good: Path, tmp_path: Path) -> Path:
    """A copy of it, into which a fault is planted."""
    return shutil.copytree(good, tmp_path / good.name)


@pytest.fixture(scope="module")
def trained(good: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Job]:
    """The example's data, and a training of the good module."""

    async def train() -> tuple[Path, Job]:
        async with AsyncExitStack() as stack:
            session = await Sessions(tmp_path_factory.mktemp("trained"), stack).open(good)
            await session.make_data()
            job = await training.train(session)
            assert session.report.errors == []
            return session.data, job

    return asyncio.run(train())


@pytest.fixture
async def sessions(trained: tuple[Path, Job], tmp_path: Path) -> AsyncIterator[Sessions]:
    """Opens sessions that have the example's data."""
    async with AsyncExitStack() as stack:
        yield Sessions(tmp_path / "sessions", stack, trained[0])

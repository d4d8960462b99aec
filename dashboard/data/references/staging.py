"""Brings what jobs need of reference datasets before they start, one dataset after the other.

A job that reads a reference dataset is given no node before its files are here: the compute node needs no way
to the archive, no credentials, and waits for nobody. One dataset is brought at a time, so that two that do
not fit together never hold half of the cache each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from dashboard.base.errors import NotFound
from dashboard.data.dataset import FileState
from dashboard.data.references.cache import ReferenceCache
from dashboard.data.references.fetching import Fetching
from dashboard.data.references.reference import CacheFull
from dashboard.data.store.datasets import DatasetStore

log = logging.getLogger(__name__)
FORGOTTEN_S = 120.0  # after which files that no job asks for are not fetched any more
PAUSE_S = 10.0  # before a dataset that found no room is tried again

LiveJobs = Callable[[Collection[str]], Awaitable[Collection[str]]]


@dataclass
class _Fill:
    """One dataset that is being brought here."""

    total: int = 0
    done: int = 0
    asked: float = field(default_factory=time.monotonic)
    jobs: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class ReferenceStaging:
    """Brings the datasets of waiting jobs here.

    Parameters
    ----------
    cache : ReferenceCache
        Brings the files.
    store : DatasetStore
        The datasets.
    live : callable
        Of some jobs, returns those that have not ended.
    ready : callable
        Called when jobs can be placed.
    """

    def __init__(
        self, cache: ReferenceCache, store: DatasetStore, *, live: LiveJobs, ready: Callable[[], None]
    ) -> None:
        self._cache = cache
        self._store = store
        self._live = live
        self._tell = ready
        self._fills: dict[str, _Fill] = {}
        self._ready: dict[str, str] = {}  # job to its dataset, of which nothing is dropped
        self._problems: dict[str, str] = {}
        self._paused: dict[str, float] = {}
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Begin nothing: jobs ask."""

    async def stop(self) -> None:
        """Stop fetching; what is here stays."""
        tasks = [fill.task for fill in self._fills.values() if fill.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def waits(self, job: str, dataset: str) -> str:
        """Return why a job cannot start yet; empty: its files are here, or cannot be brought.

        Parameters
        ----------
        job : str
            Its id; it is asked for again and again.
        dataset : str
            What it reads.
        """
        if job in self._ready:
            return ""
        if time.monotonic() < self._paused.get(dataset, 0.0):
            return "waits for room in the cache of reference datasets, which other jobs use"
        fill = self._fills.get(dataset)
        if fill is None:
            fill = self._fills[dataset] = _Fill()
            fill.task = asyncio.create_task(self._bring(dataset, fill))
        fill.asked = time.monotonic()
        fill.jobs.add(job)
        if not fill.total:
            return "waits for its spectra, which are fetched from their archive after those of other jobs"
        return f"its spectra are fetched from their archive: {fill.done:,} of {fill.total:,} are done"

    def problem(self, dataset: str) -> str:
        """Return why nothing of a dataset can be read; empty: something can."""
        return self._problems.get(dataset, "")

    async def unavailable(self, dataset: str) -> Mapping[str, str]:
        """Return why files of a dataset are not here, by path."""
        return await self._cache.rows.unavailable(dataset)

    async def _bring(self, dataset: str, fill: _Fill) -> None:
        try:
            await self._let_go()
            async with self._turn:
                with self._cache.room.holding(dataset):
                    ended = await self._filled(dataset, fill)
                    for job in fill.jobs if ended else ():
                        self._ready[job] = dataset
                        self._cache.room.hold(dataset)
        except NotFound:
            pass  # deleted meanwhile: the job says so when it starts
        except Exception:
            log.exception("the files of the dataset %s could not be brought", dataset)
            self._paused[dataset] = time.monotonic() + PAUSE_S
        finally:
            self._fills.pop(dataset, None)
            self._tell()

    async def _filled(self, dataset: str, fill: _Fill) -> bool:
        """Bring what can be brought; return whether the jobs can start, or fail."""
        fill.total = max((await self._store.get(dataset)).count, 1)
        self._problems.pop(dataset, None)
        run = Fetching(go_on=lambda: time.monotonic() - fill.asked < FORGOTTEN_S)

        def progressed(done: int) -> None:
            fill.done = done

        try:
            async for _ in self._cache.fill(dataset, run, progressed):
                pass
        except CacheFull as full:
            if full.hopeless:
                self._problems[dataset] = full.detail
            else:
                self._paused[dataset] = time.monotonic() + PAUSE_S
            return full.hopeless
        if not run.go_on():
            return False
        counts = await self._cache.rows.counts(dataset)
        if not any(counts.get(state, (0, 0))[0] for state in (FileState.CACHED, FileState.READ)):
            reasons = await self._cache.rows.unavailable(dataset)
            first = next(iter(reasons.values()), "it names none")
            self._problems[dataset] = (
                f"none of its {len(reasons):,} files could be fetched; the first: {first}"
            )
        return True

    async def _let_go(self) -> None:
        """Let the cache drop what was brought for jobs that have ended."""
        live = set(await self._live(list(self._ready)))
        for job in [job for job in self._ready if job not in live]:
            self._cache.room.release(self._ready.pop(job))

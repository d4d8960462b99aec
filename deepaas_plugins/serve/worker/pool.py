"""The worker processes of one module: who waits, who is asked what, what happens when one dies."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from typing import Any

from deepaas_plugins.serve.buckets import SECONDS, SIZES
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem
from deepaas_plugins.serve.worker.batch_limit import BatchLimit
from deepaas_plugins.serve.worker.client import WorkerProcess
from deepaas_plugins.serve.worker.metadata import ModuleMetadata
from deepaas_plugins.serve.worker.spawning import Spawned, spawn
from deepaas_plugins.serve.worker.task import Task
from wire.prometheus import Metrics

LOG = logging.getLogger("huggins.serve")

Json = dict[str, Any]

#: Bytes of requests in memory at which no more are taken.
MOST_HELD = 256 * 2**20

#: After so many deaths in a row before `ready`, callers are told instead of left waiting.
GIVE_UP = 3

#: Seconds between starts that keep failing, at most.
SLOWEST_RETRY = 10.0


class Pool:
    """The workers of one module and the queue before them.

    Parameters
    ----------
    name
        The module's entry point.
    options
        The server's.
    metrics
        Where batches, waits, queue and restarts are counted.
    """

    def __init__(self, name: str, options: Options, metrics: Metrics) -> None:
        self.name, self._options = name, options
        self.description: Json | None = None
        self.failure: str | None = None
        self.described = asyncio.Event()
        self.metadata = ModuleMetadata(name, self._ask_metadata)
        self.limit = BatchLimit(options.latency_target, options.batch_limit)
        self._waiting: deque[Task] = deque()
        self._queued = 0
        self._workers: list[WorkerProcess] = []
        self._per_file = 1.0
        #: Bytes of requests that are in memory, whether they arrive, wait or are being answered.
        self.held = 0
        self._closing = False
        self._restarts = metrics.counter(
            "huggins_worker_restarts_total", "Worker processes that were replaced."
        )
        self._restarts(0, model=name)
        self._sizes = metrics.histogram("huggins_batch_spectra", "Spectra in a batch.", SIZES, model=name)
        self._waits = metrics.histogram(
            "huggins_queue_wait_seconds", "Seconds that a request waited for the model.", SECONDS, model=name
        )
        metrics.gauge("huggins_queue_spectra", "Spectra that wait.", lambda: self._queued, model=name)
        metrics.gauge("huggins_workers_ready", "Workers that can answer.", lambda: self.ready, model=name)
        metrics.gauge(
            "huggins_batch_limit", "Spectra that a batch may hold now.", lambda: self.limit.limit, model=name
        )

    @property
    def ready(self) -> int:
        """Count the workers that hold the model."""
        return sum(worker.ready for worker in self._workers)

    @property
    def busy(self) -> bool:
        """Whether anything waits or is being answered."""
        return bool(self._waiting) or any(worker.tasks for worker in self._workers)

    async def start(self, spawned: list[Spawned]) -> None:
        """Take over processes that were started."""
        for each in spawned:
            await self._attach(each, 0)

    async def close(self) -> None:
        """End the workers."""
        self._closing = True
        for task in self._waiting:
            task.fail(Problem(503, "The server is stopping.", {"Retry-After": "1"}))
        self._waiting.clear()
        await asyncio.gather(*(worker.end() for worker in self._workers))

    def check(self) -> None:
        """Check that a request can be queued (before its body is read).

        Raises
        ------
        Problem
            503: the queue is full, or the module does not start.
        """
        if self.failure is not None:
            raise Problem(
                503, f"The module {self.name} does not start: {self.failure}", {"Retry-After": "10"}
            )
        if self._queued >= self._options.queue_limit or self.held > MOST_HELD:
            raise self._full()

    def _full(self) -> Problem:
        seconds = max(1, math.ceil(self.limit.seconds(self._queued) / max(1, len(self._workers))))
        text = f"{self._queued} spectra wait already: try again in {seconds} s."
        return Problem(503, text, {"Retry-After": str(min(seconds, 60))})

    async def ask(self, task: Task) -> tuple[Json, memoryview]:
        """Queue a task and return the head and the body of its answer.

        Raises
        ------
        Problem
            The queue is full, or the worker died.
        """
        self.check()
        if task.kind == "predict":
            self._waiting.append(task)
            self._queued += task.weight
        else:
            self._waiting.appendleft(task)  # quick, and somebody looks at a page
        self.dispatch()
        return await task.future

    def dispatch(self) -> None:
        """Give what waits to idle workers, to each its share."""
        idle = [worker for worker in self._workers if worker.idle]
        for number, worker in enumerate(idle):
            share = math.ceil(self._queued * self._per_file / (len(idle) - number))
            batch = self._next(share)
            if not batch:
                return
            worker.give(batch)

    def _next(self, share: int) -> list[Task]:
        """Take the next batch: what waits, up to a share or the limit; callers who left are passed over."""
        batch: list[Task] = []
        spectra = 0.0
        limit = min(self.limit.limit, share) if (self.description or {}).get("batches") else 1
        while self._waiting:
            task = self._waiting[0]
            if task.future.done() or not task.wanted():
                self._leave(self._waiting.popleft())
                task.fail(Problem(499, "The caller left."))
                continue
            weight = task.weight * self._per_file
            special = task.alone or task.kind != "predict"
            if batch and (special or spectra + weight > limit):
                break
            batch.append(self._waiting.popleft())
            self._leave(task)
            spectra += weight
            if special:
                break
        return batch

    def _leave(self, task: Task) -> None:
        if task.kind == "predict":
            self._queued -= task.weight

    def learn(self, tasks: list[Task], heads: list[Json], seconds: float) -> None:
        """Adapt the size of batches to one that was processed.

        Parameters
        ----------
        tasks : list of Task
            The requests of the batch.
        heads : list of Json
            The head of each answer, with its number of spectra.
        seconds : float
            Time that the batch took.
        """
        spectra = sum(head["spectra"] for head in heads)
        if not any(task.alone for task in tasks):
            self.limit.learn(spectra, seconds)
            self._per_file = max(
                1.0, 0.9 * self._per_file + 0.1 * spectra / sum(task.weight for task in tasks)
            )
        self._sizes.observe(spectra)

    def waited(self, task: Task) -> None:
        """Count how long a task waited."""
        self._waits.observe(time.perf_counter() - task.since)

    def on_described(self, description: Json) -> None:
        """Keep what a worker says of the module."""
        self.description = description
        self.described.set()

    def on_metadata(self, head: Json, content: bytes) -> None:
        """Keep what the module tells of itself."""
        self.metadata.told(head, content)

    def _ask_metadata(self) -> bool:
        ready = [worker for worker in self._workers if worker.ready]
        for worker in sorted(ready, key=lambda each: not each.idle)[:1]:
            worker.ask_metadata()
        return bool(ready)

    def on_ready(self) -> None:
        """Go on: a worker holds the model."""
        self.failure = None
        self.dispatch()

    async def _attach(self, spawned: Spawned, failures: int) -> None:
        worker = WorkerProcess(self, spawned, failures, self._options.predict_timeout)
        self._workers.append(worker)
        await worker.connect()

    async def lost(self, worker: WorkerProcess) -> None:
        """Replace a worker that died, and see to its tasks."""
        self._workers.remove(worker)
        self.metadata.lost()
        if self._closing:
            return
        failures = 0 if worker.ready else worker.failures + 1
        self._restarts(1, model=self.name)
        LOG.error("The worker of %s died: %s", self.name, worker.reason)
        # The new process starts first: what follows takes no time, but a start does.
        restart = asyncio.create_task(self._restart(failures))
        self._see_to(worker)
        if failures >= GIVE_UP:
            self.failure = worker.reason
            self.described.set()
            for task in self._waiting:
                task.fail(
                    Problem(
                        503, f"The module {self.name} does not start: {worker.reason}", {"Retry-After": "10"}
                    )
                )
        await restart

    async def _restart(self, failures: int) -> None:
        if failures > 1:
            await asyncio.sleep(min(0.25 * 2**failures, SLOWEST_RETRY))
        if not self._closing:
            await self._attach(spawn(self.name, self._options), failures)

    def _see_to(self, worker: WorkerProcess) -> None:
        """Tell the caller whose request was alone with the worker; try each of several again, alone."""
        several = len(worker.tasks) > 1
        for task in reversed(worker.tasks):
            if several and not task.tried:
                task.tried = task.alone = True
                self._waiting.appendleft(task)
                self._queued += task.weight
            elif worker.too_slow:
                text = f"Reading the request's files takes longer than {self._options.read_timeout:g} s."
                task.fail(Problem(422, text))
            else:
                task.fail(
                    Problem(
                        503,
                        f"The model's process ended while it worked on this: {worker.reason}",
                        {"Retry-After": "1"},
                    )
                )

"""How large batches become, who goes into them, and what happens to those whose worker dies."""

from __future__ import annotations

from typing import Any, cast

import pytest

from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem
from deepaas_plugins.serve.worker.batch_limit import FIRST, BatchLimit
from deepaas_plugins.serve.worker.client import WorkerProcess
from deepaas_plugins.serve.worker.pool import Pool
from deepaas_plugins.serve.worker.task import Task
from wire.prometheus import Metrics


def test_the_limit_is_what_fits_into_the_target() -> None:
    limit = BatchLimit(target=0.05, highest=256)
    assert limit.limit == FIRST
    for spectra in (1, 4, 8, 16, 2, 30):
        limit.learn(spectra, 0.010 + 0.001 * spectra)
    slope, base = limit.line
    assert slope == pytest.approx(0.001, rel=1e-6)
    assert base == pytest.approx(0.010, rel=1e-6)
    assert limit.limit == 40


def test_a_model_that_became_slower_is_learned_anew() -> None:
    limit = BatchLimit(target=0.05, highest=256)
    for factor in (1, 10):
        for spectra in (1, 4, 8, 16) * 60:
            limit.learn(spectra, factor * (0.001 + 0.0005 * spectra))
    assert limit.limit == 8


def test_single_spectra_alone_never_keep_the_limit_at_one() -> None:
    limit = BatchLimit(target=0.05, highest=256)
    for _ in range(50):
        limit.learn(1, 0.4)
    assert limit.limit == 2
    limit.learn(2, 0.8)
    assert limit.limit == 1


def test_a_model_for_which_the_number_does_not_matter_has_the_highest_limit() -> None:
    limit = BatchLimit(target=0.05, highest=256)
    for spectra in (1, 5, 9):
        limit.learn(spectra, 0.01)
    assert limit.limit == 256


class Idle:
    """A worker that keeps what it is given."""

    idle = True
    ready = True
    reason = "it was killed by SIGKILL"
    too_slow = False

    def __init__(self) -> None:
        self.given: list[list[Task]] = []
        self.tasks: list[Task] = []

    def give(self, tasks: list[Task]) -> None:
        self.given.append(tasks)


def pool(*, batches: bool = True) -> tuple[Pool, Idle]:
    made, worker = Pool("m", Options(queue_limit=10), Metrics()), Idle()
    made.description = {"batches": batches}
    made._workers = [cast(WorkerProcess, worker)]
    return made, worker


def queued(made: Pool, *tasks: Task) -> list[Task]:
    for task in tasks:
        made._waiting.append(task)
        made._queued += task.weight
    made.dispatch()
    return list(tasks)


def task(**given: Any) -> Task:
    return Task("predict", {}, [], **given)


async def test_what_waits_goes_together_up_to_the_limit_counted_in_spectra() -> None:
    made, worker = pool()
    tasks = queued(made, task(weight=3), task(weight=4), task(weight=2), task())
    assert worker.given == [tasks[:2]]
    made.dispatch()
    assert worker.given == [tasks[:2], tasks[2:]]


async def test_idle_workers_share_what_waits() -> None:
    made, worker = pool()
    second = Idle()
    made._workers.append(cast(WorkerProcess, second))
    tasks = queued(made, *(task() for _ in range(5)))
    assert (worker.given, second.given) == ([tasks[:3]], [tasks[3:]])


async def test_more_than_the_limit_in_one_request_goes_all_the_same() -> None:
    made, worker = pool()
    tasks = queued(made, task(weight=100))
    assert worker.given == [tasks]


async def test_a_large_upload_goes_alone() -> None:
    made, worker = pool()
    tasks = queued(made, task(), task(alone=True), task())
    made.dispatch()
    made.dispatch()
    assert worker.given == [[tasks[0]], [tasks[1]], [tasks[2]]]


async def test_a_plain_module_gets_one_call_at_a_time() -> None:
    made, worker = pool(batches=False)
    tasks = queued(made, task(), task())
    assert worker.given == [[tasks[0]]]


async def test_callers_who_left_take_no_place() -> None:
    made, worker = pool()
    tasks = queued(made, task(wanted=lambda: False), task(), task(wanted=lambda: False))
    made.dispatch()
    assert worker.given == [[tasks[1]]]
    assert made._queued == 0
    assert tasks[0].future.exception()
    assert tasks[2].future.exception()


async def test_a_full_queue_rejects() -> None:
    made, _ = pool()
    made._queued = 10
    with pytest.raises(Problem, match="10 spectra wait already") as problem:
        await made.ask(task())
    made._queued, made.held = 0, 2**40
    with pytest.raises(Problem, match="try again"):
        made.check()
    assert problem.value.status == 503
    assert int(problem.value.headers["Retry-After"]) >= 1


async def test_of_a_batch_whose_worker_died_each_is_tried_once_more_and_alone() -> None:
    made, worker = pool()
    worker.tasks = [task(), task(), task()]
    tasks = list(worker.tasks)
    made._see_to(cast(WorkerProcess, worker))
    for _ in tasks:
        made.dispatch()
    assert worker.given == [[each] for each in tasks]
    worker.tasks = [tasks[1]]
    made._see_to(cast(WorkerProcess, worker))
    error = tasks[1].future.exception()
    assert isinstance(error, Problem)
    assert error.status == 503
    assert "SIGKILL" in error.detail
    assert not tasks[0].future.done()

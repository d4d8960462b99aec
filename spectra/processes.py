"""Prepares portions in this process, or in this and others."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from spectra.portion import Folder, Outcome, Portion, PrepareWorker, start, work_here
from spectra.recipe import Recipe

MOST_HELD = 32 << 20
"""Bytes of features that may wait for an earlier portion to be finished by another process."""


def in_this_process(
    folder: Folder, files: Iterator[str], recipe: Recipe
) -> Iterator[tuple[Portion, Outcome]]:
    """Prepare portions, one after the other.

    Parameters
    ----------
    folder
        The folder of the files.
    files
        Their names, relative to it.
    recipe
        Prepares their spectra.

    Yields
    ------
    tuple of Portion and Outcome
        In order; the outcome of a large portion is empty, the caller works on it.
    """
    worker = PrepareWorker(folder, recipe)
    for portion in folder.portions(files):
        yield portion, Outcome() if portion.large else worker.work(portion)


def in_processes(
    folder: Folder, files: Iterator[str], recipe: Recipe, workers: int
) -> Iterator[tuple[Portion, Outcome]]:
    """Work on portions in this process and others; few are under way at a time, they come back in order.

    This process works as well: there is something to do while the others start, and no core is left to them
    that merely collects.

    Parameters
    ----------
    folder
        The folder of the files.
    files
        Their names, relative to it.
    recipe
        Prepares their spectra.
    workers
        Number of processes, this one included.

    Yields
    ------
    tuple of Portion and Outcome
        In order; the outcome of a large portion is empty, the caller works on it.
    """
    # Not fork: this process may have threads (Arrow's, BLAS') whose locks a fork would copy as they stand.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["spectra.portion"])
    pool = ProcessPoolExecutor(workers - 1, context, initializer=start, initargs=(folder, recipe))
    worker = PrepareWorker(folder, recipe)
    waiting: deque[tuple[Portion, Outcome | Future[Outcome]]] = deque()
    try:
        for portion in folder.portions(files):
            if portion.large:
                waiting.append((portion, Outcome()))
            elif sum(not _is_done(outcome) for _, outcome in waiting) < 2 * (workers - 1):
                waiting.append((portion, pool.submit(work_here, portion)))
            else:
                waiting.append((portion, worker.work(portion)))
            while waiting and (_is_done(waiting[0][1]) or _held(waiting) > MOST_HELD):
                first, outcome = waiting.popleft()
                yield first, _result(outcome)
        for first, outcome in waiting:
            yield first, _result(outcome)
    except BrokenProcessPool as error:
        raise RuntimeError(
            f"a process that was preparing spectra was killed, most likely for lack of memory, around "
            f"{portion.files[0]}; try fewer workers"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _is_done(outcome: Outcome | Future[Outcome]) -> bool:
    return isinstance(outcome, Outcome) or outcome.done()


def _held(waiting: Iterable[tuple[Portion, Outcome | Future[Outcome]]]) -> int:
    """Count the bytes of features that wait for an earlier portion."""
    done = (_result(outcome) for _, outcome in waiting if _is_done(outcome))
    return sum(batch.flux.nbytes for outcome in done for batch in outcome.batches)


def _result(outcome: Outcome | Future[Outcome]) -> Outcome:
    return outcome if isinstance(outcome, Outcome) else outcome.result()

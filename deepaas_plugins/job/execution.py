"""One claimed attempt from ``begin.json`` to ``exit.json``: log, watch, action, outcome."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.checkpoints import Checkpoint, Checkpoints
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.job.job_folder import JobFolder
from deepaas_plugins.job.parts import PartFolder
from deepaas_plugins.job.watchdog import Watchdog
from jobfolder import names

if TYPE_CHECKING:
    from deepaas_plugins.job.outcome import Outcome


class _Ending:
    """Writes ``exit.json`` once: for the run itself, or for the watchdog that ends a run."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._code: int | None = None

    def end(self, outcome: Outcome) -> int:
        """Write ``exit.json`` unless it was written before; return the exit code that it holds."""
        with self._lock:
            if self._code is None:
                self._code = outcome.exit_code
                self._folder.end(outcome.outcome, outcome.reason, outcome.exit_code)
            return self._code


def lead_output_into(log: Path) -> None:
    """Lead descriptors 1 and 2, hence also what compiled code and child processes print, into the log."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    faulthandler.enable()


def execute(folder: JobFolder) -> int:
    """Run a claimed attempt and return its exit code; every end but a kill writes ``exit.json``."""
    lead_output_into(folder.out / names.LOG)
    _log_origin(folder)
    ending = _Ending(folder)
    run = Run(folder.out, cancel_file=folder.path / names.CANCEL, checkpoints=_checkpoints(folder))

    def give_up() -> None:
        from deepaas_plugins.job.outcome import STOPPED  # noqa: PLC0415 - as in `_attempt`

        os._exit(ending.end(STOPPED))

    with Watchdog(folder.beat, lambda: run.cancelled, run.cancel, give_up), run:
        outcome = _attempt(folder, run)
        run.close()
        return ending.end(outcome)


def _log_origin(folder: JobFolder) -> None:
    """Name job, attempt and request in the log: the ids by which the platform's own log knows them."""
    named = {name: folder.job.get(name) for name in ("job", "attempt", "request")}
    told = [
        f"{name} {ascii(value)[1:-1]}" for name, value in named.items() if value and isinstance(value, str)
    ]
    if told:
        sys.stdout.write(f"Begins: {', '.join(told)}.\n")
        sys.stdout.flush()


def _checkpoints(folder: JobFolder) -> Checkpoints:
    """Return this run's checkpoints, with the one that an earlier attempt of the job left."""
    given, every_s = folder.job.get("checkpoint"), folder.job.get("checkpoint_s", names.CHECKPOINT_S)
    brought = None
    if isinstance(given, dict) and isinstance(given.get("path"), str):
        brought = Checkpoint(folder.path / given["path"], int(given.get("step") or 0))
    return Checkpoints(folder.out, float(every_s), brought)


def _attempt(folder: JobFolder, run: Run) -> Outcome:
    from deepaas_plugins.job import outcome  # noqa: PLC0415 - its errors come from `spectra`, which takes a while

    try:
        reason = _action(folder)(folder, run)
        run.checkpoints.clear()
        return outcome.completed(reason)
    except BaseException as error:  # noqa: BLE001 - whatever ends the run, the platform must be told
        _log_traceback()
        memory_mb = (folder.job.get("resources") or {}).get("memory_mb")
        return outcome.of_error(error, memory_mb)


def _action(folder: JobFolder) -> Callable[[JobFolder, Run], str]:
    if folder.fault is not None:
        raise InvalidInput(folder.fault)
    from deepaas_plugins.job import learn as learning_job  # noqa: PLC0415 - heavy
    from deepaas_plugins.job import predict as prediction_job  # noqa: PLC0415 - heavy
    from deepaas_plugins.job import train as training_job  # noqa: PLC0415 - heavy

    _close_network(folder)
    if isinstance(folder, PartFolder):
        return lambda _, run: training_job.run_part(folder, run)
    actions = {
        "train": training_job.run_training,
        "predict": prediction_job.run_prediction,
        "learn": learning_job.run_learning,
    }
    action = folder.job.get("action")
    if action not in actions:
        raise InvalidInput(f"Unknown action {action!r} in job.json: it is one of {', '.join(actions)}.")
    return actions[action]


def _close_network(folder: JobFolder) -> None:
    """Close the network to a job of one of the platform's own modules: none of them needs it.

    What a module of others needs is not known; its container is what isolates it.
    """
    from spectra.isolation.reader import close_internet  # noqa: PLC0415 - after ``begin.json``

    if registry.is_own(str(folder.job.get("module"))):
        said = "The network is closed." if close_internet() else "This kernel does NOT close the network."
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


def _log_traceback() -> None:
    try:
        traceback.print_exc()
        sys.stderr.flush()
    except OSError:
        # The disk is full: the reason in exit.json says so, and that must still be tried.
        pass

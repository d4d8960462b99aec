"""One training of a third-party module from ``begin.json`` to ``exit.json``."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from deepaas_entry.module_object import NoModule, arguments_of, module_name, module_object
from deepaas_entry.training import arguments, report, returned_metrics, written_files
from deepaas_entry.training.follower import Follower
from deepaas_entry.training.job_folder import LOG, MODEL_CARD, SUMMARY, JobFolder, write_json

MOUNT = Path("/job")
COMPLETED, ERROR, INVALID, CLAIMED, ABORTED = 0, 1, 2, 75, 130


class Stopped(BaseException):
    """Somebody asked the training to stop."""


def run(place: Path = MOUNT) -> int:
    """Run the job of a folder and return the exit code; every end but a kill writes ``exit.json``."""
    os.umask(0)  # the platform's account, which is another, removes what is written here
    folder = JobFolder(place)
    if not folder.claim():
        sys.stderr.write("This attempt is already claimed: out/claim.json exists.\n")
        return CLAIMED
    _lead_output_into(folder.out / LOG)
    signal.signal(signal.SIGTERM, _stop)
    try:
        reason = _train(folder)
    except (Stopped, KeyboardInterrupt):
        return folder.end("aborted", "Stopped on request.", ABORTED)
    except (arguments.InvalidArguments, NoModule) as error:
        return folder.end("error", str(error), INVALID)
    except BaseException as error:  # noqa: BLE001 - whatever ends the run, the platform must be told
        traceback.print_exc()
        return folder.end("error", _why(error), ERROR)
    return folder.end("completed", reason, COMPLETED)


def _stop(_number: int, _frame: Any) -> None:
    raise Stopped


def _lead_output_into(log: Path) -> None:
    descriptor = os.open(str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    faulthandler.enable()


def _train(folder: JobFolder) -> str:
    """Call ``train``; return the sentence about a good end."""
    job = folder.job
    given = job.get("input") or {}
    data = folder.path / given["path"] if given.get("path") else None
    name = module_name(str(job["module"]))
    module = module_object(name)
    if not callable(getattr(module, "train", None)):
        raise arguments.InvalidArguments(f"The module {name} has no train.")
    loaded = arguments.load(arguments_of(module, "get_train_args"), job.get("parameters") or {}, data)
    roots, since = written_files.folders(module, folder.path), time.time()
    with Follower(folder, roots, since):
        result = module.train(**loaded)
    for metric, value, step in returned_metrics.metrics_of(result):
        folder.metric(metric, value, step)
    kept = written_files.keep(
        written_files.written(roots, since, folder.path), folder.out / "model" / "files"
    )
    write_json(folder.out / "result.json", {"schema": 1, "result": returned_metrics.plain(result)})
    write_json(folder.out / SUMMARY, {"schema": 1, "metrics": folder.metrics})
    report.write(folder, kept)
    if kept:
        card = {"schema": 1, "kind": "deepaas", "module": job["module"], "model": name, "files": kept}
        card.update(metrics=folder.metrics, parameters=job.get("parameters") or {})
        write_json(folder.out / MODEL_CARD, card)
    size = sum(one["size"] for one in kept)
    if not kept:
        return "The training wrote no file, so that there is no model of it."
    return "The training wrote {} file{}, {:.1f} MB.".format(
        len(kept), "" if len(kept) == 1 else "s", size / 1e6
    )


def _why(error: BaseException) -> str:
    """Return the sentence of what ended a training; aiohttp's errors have theirs in `reason`."""
    text = str(getattr(error, "reason", None) or error).strip() or type(error).__name__
    told = " ".join(text.split())[:1000]
    if isinstance(error, MemoryError):
        return "Out of memory: the job's limit is too small."
    if isinstance(error, OSError) and error.errno == 28:
        return "The disk is full: free some space and run again."
    return "The module's train failed with {}: {}{} The log has the details.".format(
        type(error).__name__, told, "" if told[-1:] in ".!?" else "."
    )

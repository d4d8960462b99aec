"""How a run ended, as ``exit.json`` says it: the outcome, a sentence for people, the exit code."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from jobfolder import names


@dataclass(frozen=True)
class Outcome:
    """What ``exit.json`` says: "completed", "error" or "aborted", a sentence, and the exit code."""

    outcome: str
    reason: str
    exit_code: int


def completed(reason: str) -> Outcome:
    """Return the outcome of a run that completed."""
    return Outcome(names.COMPLETED, reason, names.EXIT_COMPLETED)


STOPPED = Outcome(names.ABORTED, "Stopped on request.", names.EXIT_ABORTED)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _disk_full(error: BaseException) -> bool:
    """Whether the disk is full; some libraries (HDF5) say so in their text only."""
    if not isinstance(error, OSError):
        return False
    return error.errno in {errno.ENOSPC, errno.EDQUOT} or "No space left on device" in str(error)


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = text[:1].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


def _input_errors() -> tuple[type[BaseException], ...]:
    """Return the errors of invalid input; fewer where `spectra` itself cannot be imported."""
    try:
        from spectra import FeatureSetError, RecipeError, UnreadableSpectrum  # noqa: PLC0415 - heavy
    except ImportError:
        return (InvalidInput,)
    return (InvalidInput, RecipeError, FeatureSetError, UnreadableSpectrum)


def of_error(error: BaseException, memory_mb: int | None = None) -> Outcome:
    """Return the outcome of a run that an exception ended.

    Parameters
    ----------
    memory_mb
        The job's memory limit in MB, where one is known.
    """
    if isinstance(error, Cancelled | KeyboardInterrupt):
        return STOPPED
    if any(_disk_full(each) for each in _chain(error)):
        return _failed("The disk is full: free some space for the job folder and run again.")
    if isinstance(error, MemoryError):
        limit = f" of {memory_mb} MB" if memory_mb else ""
        return _failed(f"Out of memory: the job's limit{limit} is too small for this input.")
    if isinstance(error, _input_errors()):
        return Outcome(names.ERROR, _sentence(error), names.EXIT_INVALID)
    reason = f"The method failed with {type(error).__name__}: {_sentence(error)} The log has the details."
    return _failed(reason)


def _failed(reason: str) -> Outcome:
    return Outcome(names.ERROR, reason, names.EXIT_ERROR)

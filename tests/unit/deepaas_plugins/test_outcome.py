"""Every way to fail has its sentence and its exit code."""

from __future__ import annotations

import errno
import sys

import pytest

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.job.outcome import of_error
from deepaas_plugins.methods.rdf.parameters import TrainSchema
from spectra import RecipeError, UnreadableSpectrum


def wrapped(inner: Exception) -> Exception:
    outer = RuntimeError("writing failed")
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "outcome", "code", "words"),
    [
        (InvalidInput("all of one class"), "error", 2, "All of one class."),
        (
            RecipeError("cutout", "minimum", "is missing"),
            "error",
            2,
            "Cutout, parameter minimum: is missing.",
        ),
        (UnreadableSpectrum("a.fits", "it is empty"), "error", 2, "A.fits: it is empty."),
        (Cancelled(), "aborted", 130, "Stopped on request."),
        (KeyboardInterrupt(), "aborted", 130, "Stopped on request."),
        (MemoryError(), "error", 1, "limit of 512 MB is too small"),
        (OSError(errno.ENOSPC, "No space left on device"), "error", 1, "The disk is full"),
        (
            OSError("Can't write data (errno = 28, error message = 'No space left on device')"),
            "error",
            1,
            "disk is full",
        ),
        (wrapped(OSError(errno.ENOSPC, "x")), "error", 1, "The disk is full"),
        (OSError(errno.EACCES, "denied"), "error", 1, "PermissionError: [Errno 13] denied."),
        (ZeroDivisionError("division by\nzero"), "error", 1, "ZeroDivisionError: Division by zero."),
        (SystemExit(3), "error", 1, "SystemExit: 3."),
    ],
)
def test_an_error_becomes_a_sentence(error: BaseException, outcome: str, code: int, words: str) -> None:
    told = of_error(error, memory_mb=512)
    assert (told.outcome, told.exit_code) == (outcome, code)
    assert words in told.reason
    assert "\n" not in told.reason


def test_a_wrong_parameter_is_named_with_its_value_and_its_range() -> None:
    with pytest.raises(InvalidInput) as caught:
        load_parameters(TrainSchema, {"trees": 0, "forest": 1})
    assert "Parameter trees = 0: must be greater than or equal to 1 and less than or equal to 10000." in str(
        caught.value
    )
    assert "Parameter forest = 1: unknown field." in str(caught.value)


def test_an_image_that_lacks_a_library_still_gets_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spectra", None)
    told = of_error(ModuleNotFoundError("No module named 'pyarrow'"))
    assert told.exit_code == 1
    assert "No module named 'pyarrow'" in told.reason

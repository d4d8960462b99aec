"""Rejections carry the class of the fault beside the sentence."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from spectra import Fault, Recipe, UnreadableSpectrum, read
from spectra.rejection import Rejection
from spectra.rejection_log import RejectionLog
from spectra.spectrum import Source
from tests.unit.spectra.recipe.examples import prepared, recipe, spectrum

GRID = np.linspace(4000.0, 5000.0, 100)
FLUX = np.sin(GRID) + 2.0
RESAMPLE = {"step": "resample", "minimum": 4100.0, "maximum": 4900.0, "points": 10}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", Fault.EMPTY),
        (b"\x89HDF\r\n\x1a\n", Fault.UNKNOWN_FORMAT),
        (b"\x1f\x8b\x08", Fault.TRUNCATED),
        (b"wavelength,flux\n5000,nan\n5001,nan\n5002,nan\n", Fault.NOT_FINITE),
        (b"wavelength,flux\n5000,1\n5001,1\n4000,1\n5002,1\n", Fault.BAD_AXIS),
    ],
)
def test_an_unreadable_spectrum_says_what_kind_of_fault_it_has(content: bytes, kind: Fault) -> None:
    with pytest.raises(UnreadableSpectrum) as caught:
        read(content, name="a.txt")
    assert caught.value.kind is kind
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.source, again.reason, again.kind) == (
        caught.value.source,
        caught.value.reason,
        caught.value.kind,
    )


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (recipe({"step": "cutout", "minimum": 3000.0, "maximum": 4500.0}), Fault.OUTSIDE_RANGE),
        (recipe({"step": "rest_frame"}, RESAMPLE), Fault.NO_REDSHIFT),
        (recipe({"step": "snr", "minimum": 1e6}), Fault.LOW_SNR),
        (recipe({"step": "degrade", "resolution": 5000, "original_fwhm": 3.0}), Fault.TOO_COARSE),
        (recipe(), Fault.NOT_FINITE),
    ],
)
def test_a_step_says_what_kind_of_fault_it_rejects(made: Recipe, kind: Fault) -> None:
    flux = np.where(np.arange(100) == 3, np.nan, FLUX) if kind is Fault.NOT_FINITE else FLUX
    batches, rejected = prepared(made, [spectrum(GRID, flux)])
    assert not batches
    assert [each.kind for each in rejected] == [kind]


def test_the_log_of_rejections_keeps_the_kind(tmp_path: Path) -> None:
    rejection = Rejection(Source("a.fits", 1, 2), "it is empty", Fault.EMPTY)
    with RejectionLog(tmp_path / "part.csv") as log:
        log.add(rejection)
    with RejectionLog(tmp_path / "all.csv") as joined:
        joined.add_all_of(tmp_path / "part.csv")
    assert joined.first == [rejection]
    header, line = (tmp_path / "all.csv").read_text("utf-8").splitlines()
    assert header == "source,reason,kind,path,hdu,row"
    assert line == '"a.fits (HDU 1, row 2)",it is empty,empty,a.fits,1,2'

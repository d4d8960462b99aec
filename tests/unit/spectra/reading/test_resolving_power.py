"""The resolving power that headers state, by keywords of archives and by comments that say what they mean."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import spectra
from spectra import Spectrum
from spectra.steps.observe import Observer

COUNT = 200


def read(path: Path, **cards: object) -> Spectrum:
    hdu = fits.PrimaryHDU(np.ones(COUNT))
    hdu.header.update({"CRVAL1": 5000.0, "CDELT1": 1.0, "CTYPE1": "WAVE", "CUNIT1": "Angstrom"})
    for keyword, card in cards.items():
        hdu.header[keyword] = card
    file = io.BytesIO()
    hdu.writeto(file)
    path.write_bytes(file.getvalue())
    (spectrum,) = spectra.iter_spectra(path)
    return spectrum


@pytest.mark.parametrize(
    ("cards", "power"),
    [
        ({"SPEC_RP": 1800.0}, 1800.0),
        ({"RESPOWER": (45000, "whatever")}, 45000.0),
        ({"RP": (82, "Resolving power")}, 82.0),
        ({"RES": (120.0, "Average spectral resolving power")}, 120.0),
        ({"RES": 120.0}, None),
        ({"R": (14.87, "Johnson R")}, None),
        ({"SPEC_RP": 0.0}, None),
    ],
)
def test_a_power_is_taken_where_it_is_called_so(
    tmp_path: Path, cards: dict[str, object], power: float | None
) -> None:
    assert read(tmp_path / "a.fits", **cards).meta.extra.get("resolution") == power


@pytest.mark.parametrize(
    ("card", "width"),
    [
        ((2.5, "FWHM of resolution element (angstroms)"), 2.5),
        ((0.25, "FWHM of the line spread function in nm"), 2.5),
        ((7.2, "FWHM from Spatial Profile"), None),
        ((85, "GUIDE FWHM ARC SEC"), None),
        ((-1.0, "FWHM of resolution element (angstroms)"), None),
    ],
)
def test_a_width_is_taken_where_it_is_one_of_a_resolution_element(
    tmp_path: Path, card: tuple[float, str], width: float | None
) -> None:
    spectrum = read(tmp_path / "a.fits", FWHM=card)
    assert spectrum.meta.extra.get("resolution_element") == width
    observed = Observer(lambda _grid: slice(None)).measure([spectrum])
    resolution = observed.numbers[0, 2]
    assert np.isnan(resolution) if width is None else resolution == pytest.approx(5100.0 / 2.5, rel=1e-3)

"""Images whose rows are wavelength, flux and error: Spextool's, and those that lost their header."""

from __future__ import annotations

import numpy as np
import pytest

from spectra import UnreadableSpectrum, read
from tests.unit.spectra.reading.fits_bytes import image

MICRONS = np.linspace(0.65, 2.55, 100)


def rows(axis: np.ndarray, *more: np.ndarray) -> np.ndarray:
    return np.stack([axis, np.linspace(1.0, 2.0, len(axis)), np.full(len(axis), 0.1), *more])


def test_spextool_states_the_unit_of_its_first_row() -> None:
    cards = {
        "XUNITS": "um",
        "YUNITS": "Wm-2um-1",
        "OBJECT": "SDSS 0539",
        "RA": "05:39:51.90",
        "DEC": "-00:59:07.2",
    }
    (found,) = read(image(rows(MICRONS, np.zeros(100)), cards))
    np.testing.assert_allclose(found.wavelength, 1e4 * MICRONS, rtol=1e-12)
    assert found.ivar == pytest.approx(np.full(100, 100.0))
    assert found.meta.group == "SDSS 0539"
    assert found.meta.dec == pytest.approx(-0.98533, abs=1e-5)
    assert found.meta.extra["flux_unit"] == "Wm-2um-1"
    assert "unit_assumed" not in found.meta.extra


@pytest.mark.parametrize(
    ("axis", "first"),
    [(MICRONS, 6500.0), (np.linspace(3700.0, 9000.0, 100), 3700.0), (MICRONS[::-1].copy(), 6500.0)],
)
@pytest.mark.parametrize("turned", [False, True])
def test_without_a_header_a_plausible_axis_is_taken_and_marked(
    axis: np.ndarray, first: float, turned: bool
) -> None:
    pixels = rows(axis)
    (found,) = read(image(np.ascontiguousarray(pixels.T if turned else pixels)))
    assert found.wavelength[0] == pytest.approx(first)
    assert found.meta.extra["unit_assumed"] is True


@pytest.mark.parametrize(
    "axis",
    [
        np.linspace(300.0, 800.0, 100),  # nm, or Å, or keV
        np.arange(100.0),  # a row counter
        np.linspace(3.6, 3.85, 100),  # log10 of Å, or micron
        np.concatenate([np.linspace(4000.0, 5000.0, 50), np.linspace(4000.0, 5000.0, 50)]),
    ],
)
def test_without_a_header_no_other_axis_is_guessed(axis: np.ndarray) -> None:
    with pytest.raises(UnreadableSpectrum):
        read(image(rows(axis)))


@pytest.mark.parametrize("cards", [{"WAVEUNIT": "nm"}, {"COMMENT": "wavelength in nm"}, {"CUNIT1": "nm"}])
def test_other_words_of_a_header_may_state_the_unit_of_the_first_row(cards: dict[str, object]) -> None:
    (found,) = read(image(rows(np.linspace(400.0, 700.0, 100)), cards))
    assert found.wavelength[0] == pytest.approx(4000.0)
    assert not found.provenance.unit_assumed


def test_each_order_of_a_spextool_file_is_a_spectrum() -> None:
    planes = np.stack([rows(MICRONS), rows(MICRONS + 0.5)])
    found = read(image(planes, {"XUNITS": "Microns"}))
    assert [spectrum.wavelength[0] for spectrum in found] == pytest.approx([6500.0, 11500.0])
    assert [spectrum.meta.source.row for spectrum in found] == [0, 1]


def test_a_first_row_beside_a_linear_axis_is_no_axis() -> None:
    cards = {"CRVAL1": 5000.0, "CDELT1": 1.0, "CTYPE1": "LINEAR", "APNUM1": "1 1", "APNUM2": "2 2"}
    found = read(image(np.ones((2, 100)), cards))
    assert len(found) == 2

"""HARPS e2ds: the polynomials of the pipeline make the axis, or the file is rejected by name."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits

from spectra import UnreadableSpectrum, read
from spectra.air import air_to_vacuum

COEFFICIENTS = np.array([[4000.0, 0.02, -1e-6, 1e-11], [4060.0, 0.021, -1.1e-6, 2e-11]])
FLUX = np.linspace(1.0, 2.0, 2 * 50).reshape(2, 50)


def e2ds(coefficients: np.ndarray, telescope: str = "ESO", **cards: object) -> bytes:
    header = fits.Header({f"HIERARCH {telescope} DRS CAL TH DEG LL": 3, "OBJECT": "HD 1"} | cards)
    for number, coefficient in enumerate(coefficients.ravel()):
        header[f"HIERARCH {telescope} DRS CAL TH COEFF LL{number}"] = coefficient
    header[f"HIERARCH {telescope} DRS BERV"] = -11.5
    out = io.BytesIO()
    fits.PrimaryHDU(FLUX, header=header).writeto(out)
    return out.getvalue()


@pytest.mark.parametrize("telescope", ["ESO", "TNG"])
def test_each_order_has_its_polynomial_in_air(telescope: str) -> None:
    found = read(e2ds(COEFFICIENTS, telescope, CRVAL1=1.0, CDELT1=1.0), name="HARPS_e2ds_A.fits")
    pixels = np.arange(50.0)
    for order, spectrum in enumerate(found):
        expected = sum(c * pixels**i for i, c in enumerate(COEFFICIENTS[order]))
        np.testing.assert_allclose(spectrum.wavelength, air_to_vacuum(expected), rtol=1e-12)
        np.testing.assert_array_equal(spectrum.flux, FLUX[order])
        assert (spectrum.meta.group, spectrum.meta.source.row) == ("HD 1", order)
        assert spectrum.meta.extra["barycentric_correction"] == -11.5
    assert len(found) == 2


def test_an_order_without_a_polynomial_rejects_the_file_by_name() -> None:
    with pytest.raises(UnreadableSpectrum, match=r"e2ds of HARPS .* use its s1d"):
        read(e2ds(COEFFICIENTS[:1]), name="x.fits")


def test_polynomials_beyond_harps_are_rejected() -> None:
    with pytest.raises(UnreadableSpectrum, match="HARPS e2ds has 3700-7000"):
        read(e2ds(COEFFICIENTS / 10.0), name="x.fits")

import numpy as np
import pytest

from spectra.reading.fits.dispersion import dispersion
from spectra.reading.read_error import ReadError

PIXELS = np.arange(1.0, 101.0)
HEAD = "1 88 {kind} 5000. 0.5 100 {z} 10. 20."


def evaluated(functions: str, *, kind: int = 2, z: str = "0.") -> np.ndarray:
    found = dispersion(f"{HEAD.format(kind=kind, z=z)} {functions}", PIXELS)
    assert found is not None
    return found


def test_a_linear_order_is_corrected_for_its_doppler_factor() -> None:
    assert evaluated("", kind=0, z="0.001") == pytest.approx((5000.0 + 0.5 * (PIXELS - 1)) / 1.001)


def test_chebyshev_and_legendre_follow_the_recurrences_of_specwcs() -> None:
    n = (PIXELS - 50.5) / 49.5
    chebyshev = 5000 + 10 * n + 3 * (2 * n * n - 1)
    legendre = 5000 + 10 * n + 3 * (3 * n * n - 1) / 2
    assert evaluated("1. 0. 1 3 1 100 5000 10 3") == pytest.approx(chebyshev)
    assert evaluated("1. 0. 2 3 1 100 5000 10 3") == pytest.approx(legendre)


def test_functions_are_summed_with_weights_and_zero_points() -> None:
    assert evaluated("0.5 2. 1 1 1 100 5000  2. 1. 2 1 1 100 10") == pytest.approx(
        np.full(100, 0.5 * 5002 + 2 * 11)
    )


def test_splines_reproduce_straight_lines() -> None:
    line = 5000 + 40 * (PIXELS - 1) / 99
    assert evaluated("1. 0. 4 4 1 100 5000 5010 5020 5030 5040") == pytest.approx(line)
    # six coefficients that lie on a line, each the value of the line at its knot over 6 (the basis sums to 6)
    coefficients = " ".join(repr((5000 + 10 * (k - 1)) / 6) for k in range(7))
    assert evaluated(f"1. 0. 3 4 1 100 {coefficients}") == pytest.approx(line)


def test_arrays_are_interpolated() -> None:
    assert evaluated("1. 0. 5 3 10 20 30")[:3] == pytest.approx([10, 20, 30])
    assert evaluated("1. 0. 6 2 1 5000 100 5099") == pytest.approx(4999 + PIXELS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 88 2 5000.", "too early"),
        (HEAD.format(kind=2, z=0) + " 1. 0. 1 9999999999 1 100 5", "promise 1e.10 coefficients"),
        (HEAD.format(kind=2, z=0) + " 1. 0. 9 1 1 100 5", "unknown type"),
        (HEAD.format(kind=1, z=0), "said to be log10"),
        (HEAD.format(kind=0, z=-1), "impossible redshift"),
        (HEAD.format(kind=0, z="x"), "no number"),
        (HEAD.format(kind=7, z=0), "unknown type"),
    ],
)
def test_broken_coordinates_are_rejected(text: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        dispersion(text, PIXELS)


def test_an_order_without_calibration_has_no_wavelengths() -> None:
    assert dispersion(HEAD.format(kind=-1, z=0), PIXELS) is None

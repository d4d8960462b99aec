"""Lines found, their names, and redshifts by them."""

from __future__ import annotations

import numpy as np

from deepaas_plugins.methods.lines.continuum import divide
from deepaas_plugins.methods.lines.finder import Found, find
from deepaas_plugins.methods.lines.identification import identify, names, redshifts
from deepaas_plugins.methods.lines.line_list import BY_NAME

from .conftest import gaussian

WIDE = np.arange(3800.0, 9200.0, 1.5)


def found_in(shapes: list[np.ndarray], grid: np.ndarray = WIDE, snr: float = 50.0, most: int = 30) -> Found:
    random = np.random.default_rng(1)
    flux = np.array([1.0 + shape for shape in shapes])
    flux += random.standard_normal(flux.shape) / snr
    residual = divide(flux.astype(np.float32), grid, np.ones(len(grid), bool), 2)
    return find(residual, grid, 5.0, most)


def galaxy(redshift: float) -> np.ndarray:
    lines = {
        "[O II] 3728": 0.8,
        "Hβ": 0.5,
        "[O III] 4959": 0.4,
        "[O III] 5007": 1.2,
        "Hα": 1.5,
        "[N II] 6583": 0.5,
    }
    shift = 1.0 + redshift
    return sum(
        strength * gaussian(BY_NAME[name].wavelength * shift, 4.0, WIDE) for name, strength in lines.items()
    )


def test_lines_are_found_where_they_are_with_their_figures() -> None:
    found = found_in([0.6 * gaussian(5000.0, 5.0, WIDE) - 0.5 * gaussian(7000.0, 3.0, WIDE)])
    assert len(found) == 2
    np.testing.assert_allclose(found.wavelength, [5000.0, 7000.0], atol=1.0)
    areas = np.array([-0.6 * 5.0, 0.5 * 3.0]) * np.sqrt(2 * np.pi)
    np.testing.assert_allclose(found.ew, areas, rtol=0.1)
    np.testing.assert_allclose(found.fwhm, np.array([5.0, 3.0]) * 2.3548, rtol=0.2)
    assert (found.peak > 0).tolist() == [True, False]


def test_noise_has_hardly_any_lines() -> None:
    found = found_in([0.0 * WIDE] * 50)
    assert len(found) <= 5


def test_only_the_most_significant_are_kept_in_order_of_wavelength() -> None:
    places = np.arange(4200.0, 9000.0, 200.0)
    shape = sum((0.2 + 0.02 * k) * gaussian(at, 4.0, WIDE) for k, at in enumerate(places))
    found = found_in([shape, 0.0 * WIDE], most=5)
    assert (found.row == 0).sum() == 5
    np.testing.assert_allclose(found.wavelength[found.row == 0], places[-5:], atol=1.5)


def test_known_lines_get_their_names_and_forbidden_ones_in_emission_only() -> None:
    h_alpha, oxygen = BY_NAME["Hα"].wavelength, BY_NAME["[O III] 5007"].wavelength
    shape = (
        gaussian(h_alpha, 4.0, WIDE) - 0.5 * gaussian(oxygen, 4.0, WIDE) + 0.5 * gaussian(8000.0, 4.0, WIDE)
    )
    found = found_in([shape])
    assert names(identify(found, np.zeros(1), 300.0)) == ["", "Hα", ""]


def test_redshifts_are_those_of_the_lines() -> None:
    truth = np.array([0.0, 0.05, 0.123, 0.31])
    found = found_in([galaxy(one) for one in truth])
    fitted, margin = redshifts(found, 4, 0.4, 300.0)
    np.testing.assert_allclose(fitted, truth, atol=3e-4)
    assert (margin > 1.0).all()


def test_one_line_gives_no_redshift() -> None:
    found = found_in([gaussian(6000.0, 4.0, WIDE)])
    fitted, _ = redshifts(found, 1, 0.4, 300.0)
    assert np.isnan(fitted).all()
    assert len(identify(found, fitted, 300.0)) == 1


def test_a_wide_range_of_redshifts_takes_bounded_memory() -> None:
    found = found_in([galaxy(0.1)])
    fitted, _ = redshifts(found, 1, 7.0, 1.0)
    assert abs(fitted[0] - 0.1) < 2e-3

"""Figures of made spectra against what they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.lines.measuring import Measured, Region, measure_chunk
from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES

from .conftest import GRID, H_ALPHA, KM_S, SHAPES, gaussian, parameters, spectra_of


def measured(region: Region, classifier: ProfileClassifier, flux: np.ndarray, **given: object) -> Measured:
    return measure_chunk(flux, region, classifier, parameters(**given))


@pytest.mark.parametrize("snr", [25.0, 100.0])
def test_every_class_is_told(region: Region, classifier: ProfileClassifier, snr: float) -> None:
    shapes = [SHAPES[name] if name in SHAPES else 0.0 * GRID for name in CLASSES for _ in range(20)]
    found = measured(region, classifier, spectra_of(shapes, snr))
    truth = np.repeat(np.arange(len(CLASSES)), 20)
    assert (found.label == truth).mean() > 0.95
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)


def test_figures_of_a_gaussian_are_its_own_and_errors_are_their_scatter(
    region: Region, classifier: ProfileClassifier
) -> None:
    sigma, depth, shift = 4.0, 0.5, 1.5
    shape = -depth * gaussian(H_ALPHA + shift, sigma)
    found = measured(region, classifier, spectra_of([shape] * 400, 40.0)).measures
    ew = depth * sigma * np.sqrt(2 * np.pi)
    assert abs(found.ew.mean() - ew) < 0.02 * ew
    assert abs(found.velocity.mean() - shift / KM_S) < 3.0
    assert abs(np.nanmean(found.fwhm) - 2.3548 * sigma / KM_S) < 0.05 * 2.3548 * sigma / KM_S
    assert abs(found.peak.mean() + depth) < 0.02
    assert 0.7 < np.std(found.ew) / found.ew_error.mean() < 1.3
    assert 0.6 < np.std(found.velocity) / found.velocity_error.mean() < 1.6


def test_double_peaks_have_their_ratio_and_separation(region: Region, classifier: ProfileClassifier) -> None:
    found = measured(region, classifier, spectra_of([SHAPES["double peak"]] * 50, 100.0)).measures
    assert abs(np.nanmean(found.v_r) - 1.25) < 0.06
    assert abs(np.nanmean(found.separation) - 8.0 / KM_S) < 8.0


def test_a_single_peak_has_neither(region: Region, classifier: ProfileClassifier) -> None:
    found = measured(region, classifier, spectra_of([SHAPES["single peak"]] * 5, 100.0)).measures
    assert np.isnan(found.v_r).all()
    assert np.isnan(found.separation).all()


def test_figures_do_not_depend_on_the_scale_of_the_flux(
    region: Region, classifier: ProfileClassifier
) -> None:
    flux = spectra_of([SHAPES["shell"]] * 3, 50.0)
    one, other = (measured(region, classifier, flux * np.float32(scale)) for scale in (1e-17, 1.0))
    np.testing.assert_allclose(one.measures.ew, other.measures.ew, rtol=1e-4)
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)


def test_rows_do_not_depend_on_their_neighbours(region: Region, classifier: ProfileClassifier) -> None:
    flux = spectra_of(list(SHAPES.values()), 50.0)
    together = measured(region, classifier, flux)
    alone = [measured(region, classifier, flux[row : row + 1]) for row in range(len(flux))]
    for name in ("ew", "velocity", "fwhm", "snr"):
        each = [float(getattr(one.measures, name)[0]) for one in alone]
        np.testing.assert_allclose(getattr(together.measures, name), each, rtol=1e-9)


def test_a_spectrum_without_the_line_is_not_covered(region: Region, classifier: ProfileClassifier) -> None:
    flux = spectra_of([SHAPES["absorption"]] * 4, 50.0)
    flux[0, 80:120] = 0.0
    flux[1, 80:120] = np.nan
    flux[2] = -1.0
    found = measured(region, classifier, flux)
    assert found.covered.tolist() == [False, False, False, True]
    assert found.label.tolist()[:3] == [-1, -1, -1]
    assert found.found is not None
    assert 2 not in found.found.row


def test_gaps_beside_the_line_do_not_make_the_noise_small(
    region: Region, classifier: ProfileClassifier
) -> None:
    flux = spectra_of([0.0 * GRID] * 40, 30.0)
    flux[:, 200:260] = 0.0
    found = measured(region, classifier, flux)
    assert found.covered.all()
    assert (found.label == 0).mean() > 0.9


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"line": "Hβ"}, "is not within"),
        ({"width": 5000.0}, "is not within"),
        ({"width": 60.0}, "points within 60 km/s"),
        ({"line": "other"}, "wavelength is needed"),
    ],
)
def test_a_line_that_cannot_be_measured_is_told_before(given: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        Region.of(GRID, parameters(**given))


def test_a_range_without_continuum_is_told_before() -> None:
    with pytest.raises(InvalidInput, match="points of continuum"):
        Region.of(GRID[65:140], parameters(width=1100.0))


def test_another_line_is_measured_by_its_wavelength(classifier: ProfileClassifier) -> None:
    asked = parameters(line="other", rest=6597.0)
    found = measure_chunk(
        spectra_of([-0.4 * gaussian(6597.0, 3.0)], 100.0), Region.of(GRID, asked), classifier, asked
    )
    assert abs(found.measures.velocity[0]) < 10.0
    assert CLASSES[int(found.label[0])] == "absorption"

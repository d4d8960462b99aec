import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from spectra.air import air_to_vacuum, vacuum_to_air
from spectra.batch import Batch
from spectra.spectrum import Source, Spectrum
from spectra.steps.axis.degrade import FWHM_PER_SIGMA
from spectra.steps.flux.snr import der_snr
from tests.unit.spectra.recipe.examples import log_grid, noise, one, prepared, reason, recipe, spectrum

CUT = {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}
WINDOW = {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}


def batch_of(flux: np.ndarray, wavelength: np.ndarray | None) -> Batch:
    rows = len(flux)
    return Batch(
        flux.astype(np.float32), wavelength, [""] * rows, [None] * rows, [None] * rows, [Source("")] * rows
    )


# Cut-out


def test_a_cutout_keeps_the_pixels_of_the_range_and_the_one_outside_at_either_end():
    grid = np.arange(6400.0, 6800.0) + 0.5
    batches, _ = prepared(recipe({"step": "cutout", "minimum": 6500.0, "maximum": 6600.0}), noise(3, [grid]))
    np.testing.assert_array_equal(batches[0].wavelength, np.arange(6499.5, 6601.0))


def test_cutting_twice_is_cutting_once():
    spectra = noise(5, [log_grid()])
    once, _ = prepared(recipe(CUT), spectra)
    twice, _ = prepared(recipe(CUT, CUT), spectra)
    np.testing.assert_array_equal(once[0].flux, twice[0].flux)
    np.testing.assert_array_equal(once[0].wavelength, twice[0].wavelength)


@pytest.mark.parametrize("method", ["linear", "flux-conserving"])
def test_a_cutout_before_resampling_to_the_same_range_changes_nothing(method):
    spectra = noise(9, [log_grid(), log_grid(500, 6500.0), np.linspace(6519.0, 6732.0, 500)])
    resample = {**WINDOW, "method": method}
    with_cut, _ = prepared(recipe(CUT, resample), spectra)
    without, _ = prepared(recipe(resample), spectra)
    rtol = 0 if method == "linear" else 0.02  # averages at the ends lack what lies beyond the cut
    np.testing.assert_allclose(with_cut[0].flux, without[0].flux, rtol=rtol)
    np.testing.assert_array_equal(with_cut[0].flux[:, 2:-2], without[0].flux[:, 2:-2])


def test_a_spectrum_that_does_not_cover_the_cutout_is_rejected():
    assert "covers 5000.00–6000.00 Å" in reason(
        recipe(CUT), spectrum(np.linspace(5000.0, 6000.0, 50), np.ones(50))
    )


# Air to vacuum


def test_a_spectrum_is_in_vacuum_already_and_is_not_converted():
    spectra = noise(2, [log_grid()])
    converted, _ = prepared(recipe({"step": "air_to_vacuum"}), spectra)
    np.testing.assert_array_equal(converted[0].wavelength, spectra[0].wavelength)


def test_a_matrix_in_air_is_converted_once_however_often_the_step_stands_in_the_recipe():
    air = np.linspace(4000.0, 8000.0, 100)
    matrix = batch_of(np.ones((2, 100)), air)
    for steps in ([{"step": "air_to_vacuum"}], [{"step": "air_to_vacuum"}] * 3):
        made = recipe(*steps).apply(matrix, frame="air")
        np.testing.assert_allclose(made.wavelength, air_to_vacuum(air), rtol=1e-15)
        np.testing.assert_allclose(vacuum_to_air(made.wavelength), air, rtol=1e-12)
    np.testing.assert_array_equal(recipe({"step": "air_to_vacuum"}).apply(matrix).wavelength, air)


# Degrading


def test_degrading_on_an_even_grid_is_a_gaussian_filter():
    grid = np.arange(6000.0, 7000.0, 0.5)
    flux = np.random.default_rng(1).normal(10.0, 1.0, len(grid))
    fwhm, original = 8.0, 3.0
    made = one(recipe({"step": "degrade", "fwhm": fwhm, "original_fwhm": original}), spectrum(grid, flux))
    sigma = np.sqrt(fwhm**2 - original**2) / FWHM_PER_SIGMA
    expected = gaussian_filter1d(flux, sigma / 0.5, truncate=6.0)
    # The kernel is integrated over pixels here and sampled there: equal where the kernel is wide.
    np.testing.assert_allclose(made[100:-100], expected[100:-100], rtol=2e-3)


def test_a_line_gets_the_width_that_was_asked_for():
    grid = np.arange(6000.0, 7200.0, 0.2)
    for original in (None, 5000.0):
        sharp = 6600.0 / (original or 1e6) / FWHM_PER_SIGMA
        flux = np.exp(-0.5 * ((grid - 6600.0) / max(sharp, 0.05)) ** 2)
        step = {"step": "degrade", "resolution": 1500.0, "original_resolution": original}
        made = one(recipe(step), spectrum(grid, flux)).astype(float)
        width = np.sqrt((made * (grid - 6600.0) ** 2).sum() / made.sum()) * FWHM_PER_SIGMA
        assert width == pytest.approx(6600.0 / 1500.0, rel=0.01)
        assert made.sum() == pytest.approx(flux.sum(), rel=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.001, 200.0))
def test_degrading_leaves_a_constant_as_it_is(fwhm):
    grid = log_grid(400)
    np.testing.assert_allclose(
        one(recipe({"step": "degrade", "fwhm": fwhm}), spectrum(grid, np.full(400, 7.0))), 7.0
    )


def test_degrading_by_less_than_a_pixel_changes_nothing():
    given_flux = noise(1, [log_grid()])[0]
    np.testing.assert_allclose(
        one(recipe({"step": "degrade", "fwhm": 1e-3}), given_flux), given_flux.flux, rtol=1e-6
    )


def test_a_spectrum_is_not_sharpened():
    step = {"step": "degrade", "fwhm": 3.0, "original_resolution": 1800.0}
    assert "cannot be sharpened" in reason(recipe(step), noise(1, [log_grid()])[0])


# Signal to noise


def test_der_snr_finds_the_signal_to_noise_of_noise():
    flux = np.random.default_rng(0).normal(100.0, 5.0, 100_000)
    assert der_snr(flux[None])[0] == pytest.approx(20.0, rel=0.02)


def test_der_snr_follows_its_definition_whatever_spectra_are_beside_it():
    flux = np.random.default_rng(0).normal(10.0, 1.0, (2, 50))
    noise = 0.6052697 * np.median(np.abs(2.0 * flux[:, 2:-2] - flux[:, :-4] - flux[:, 4:]), axis=1)
    assert der_snr(flux) == pytest.approx(np.median(flux, axis=1) / noise, rel=1e-6)
    assert der_snr(flux)[1] == der_snr(flux[1:])[0]
    assert np.isnan(der_snr(flux[:, :4])).all()
    assert der_snr(np.array([[1.0] * 9, [-1.0] * 9])).tolist() == [np.inf, -np.inf]


def test_padding_does_not_count_as_signal_or_noise():
    grid, flux = np.linspace(5000.0, 5090.0, 90), np.random.default_rng(0).normal(10.0, 1.0, 50)
    padded = Spectrum(grid, np.concatenate((np.zeros(20), flux, np.zeros(20))))
    asked = recipe({"step": "snr", "minimum": 1e9})
    assert reason(asked, padded) == reason(asked, Spectrum(grid[20:70], flux))


def test_noisy_spectra_are_rejected_with_their_ratio():
    grid = log_grid()
    made = recipe({"step": "snr", "minimum": 15.0})
    _, rejected = prepared(made, noise(3, [grid]))
    assert not rejected
    assert "at least 30" in reason(recipe({"step": "snr", "minimum": 30.0}), noise(1, [grid])[0])


def test_errors_of_the_file_win_over_the_scatter():
    grid = log_grid(100)
    quiet = spectrum(grid, np.full(100, 10.0), ivar=np.full(100, 0.25))
    assert "is 5.0, at least 6" in reason(recipe({"step": "snr", "minimum": 6.0}), quiet)
    one(recipe({"step": "snr", "minimum": 4.9}), quiet)


def test_pixels_that_are_bad_or_outside_the_range_are_not_measured():
    grid = np.arange(5000.0, 5100.0)
    ivar = np.where(grid < 5050.0, 100.0, 0.01)
    mask = grid < 5020.0
    given_flux = spectrum(grid, np.ones(100), ivar=ivar, mask=mask)
    assert "is 10.0" in reason(recipe({"step": "snr", "minimum": 50.0, "longest": 5049.0}), given_flux)
    assert "is 0.1" in reason(recipe({"step": "snr", "minimum": 50.0, "shortest": 5050.0}), given_flux)
    assert "cannot be measured" in reason(recipe({"step": "snr", "longest": 5021.0}), given_flux)


# Rest frame


def test_spectra_are_shifted_to_their_rest_frames_each_by_its_own_redshift():
    grid = np.arange(4000.0, 9000.0)
    target = np.linspace(4500.0, 5000.0, 20)
    spectra = [spectrum(grid, grid, name=f"z{z}", redshift=z) for z in (0.1, 0.0, 0.5, 0.1)]
    batches, rejected = prepared(
        recipe({"step": "rest_frame"}, {"step": "resample", "wavelength": target.tolist()}), spectra
    )
    assert not rejected
    assert batches[0].names == ["z0.1", "z0.0", "z0.5", "z0.1"]
    expected = np.outer([1.1, 1.0, 1.5, 1.1], target)
    np.testing.assert_allclose(batches[0].flux, expected, rtol=1e-6)


def test_a_spectrum_without_redshift_is_rejected_or_kept_as_asked():
    grid = np.arange(4000.0, 5000.0)
    to_grid = {"step": "resample", "minimum": 4100.0, "maximum": 4200.0, "points": 5}
    made = recipe({"step": "rest_frame"}, to_grid)
    assert "redshift" in reason(made, spectrum(grid, grid))
    assert "redshift" in reason(made, spectrum(grid, grid, redshift=float("nan")))
    kept = one(recipe({"step": "rest_frame", "missing": "keep"}, to_grid), spectrum(grid, grid))
    np.testing.assert_allclose(kept, np.linspace(4100.0, 4200.0, 5), rtol=1e-6)

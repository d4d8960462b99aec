import numpy as np
import pytest
import pywt
from scipy.ndimage import gaussian_filter1d

from spectra.steps.flux.continuum_basis import spline_basis
from spectra.steps.flux.continuum_fit import asymmetric_fit
from spectra.steps.flux.envelope import rolled_envelope
from spectra.steps.flux.telluric import in_bands
from tests.unit.spectra.recipe.examples import log_grid, noise, one, prepared, reason, recipe, spectrum

GRID = log_grid(600)


# Scaling


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("minmax", lambda f: 2 * (f - f.min()) / (f.max() - f.min()) - 1),
        ("unit", lambda f: (f - f.min()) / (f.max() - f.min())),
        ("l2", lambda f: f / np.sqrt((f**2).sum())),
        ("median", lambda f: f / np.median(f)),
        ("zscore", lambda f: (f - f.mean()) / f.std()),
    ],
)
def test_each_spectrum_is_scaled_by_its_own_numbers(method, expected):
    spectra = noise(7, [GRID])
    batches, _ = prepared(recipe({"step": "scale", "method": method}), spectra)
    np.testing.assert_allclose(batches[0].flux, [expected(s.flux) for s in spectra], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", ["minmax", "unit", "l2", "zscore", "median"])
def test_scaling_twice_is_scaling_once(method):
    spectra = noise(3, [GRID])
    step = {"step": "scale", "method": method}
    once, _ = prepared(recipe(step), spectra)
    twice, _ = prepared(recipe(step, step), spectra)
    np.testing.assert_allclose(once[0].flux, twice[0].flux, atol=1e-6)


@pytest.mark.parametrize("method", ["minmax", "unit", "zscore"])
def test_a_constant_spectrum_has_no_scale(method):
    constant = spectrum(GRID, np.full(600, 0.1))
    assert "constant" in reason(recipe({"step": "scale", "method": method}), constant)


def test_what_is_zero_or_negative_has_no_scale_where_that_matters():
    assert "zero" in reason(recipe({"step": "scale", "method": "l2"}), spectrum(GRID, np.zeros(600)))
    assert "not positive" in reason(
        recipe({"step": "scale", "method": "median"}), spectrum(GRID, np.full(600, -1.0))
    )


def test_the_reason_for_a_value_that_is_not_finite_is_that_and_not_the_scale():
    flux = np.ones(600)
    flux[5] = np.nan
    for method in ("minmax", "unit", "l2", "median", "zscore"):
        assert "not finite" in reason(recipe({"step": "scale", "method": method}), spectrum(GRID, flux))


# Bad pixels


def test_bad_pixels_are_interpolated_from_good_ones():
    flux = np.random.default_rng(0).normal(10.0, 1.0, 600)
    mask = np.zeros(600, dtype=bool)
    mask[[0, 1, 50, 51, 599]] = True
    ivar = np.ones(600)
    ivar[70] = 0.0
    flux[80] = np.nan
    bad = mask | (ivar == 0) | np.isnan(flux)
    expected = np.interp(GRID, GRID[~bad], flux[~bad])
    made = one(recipe({"step": "mask"}), spectrum(GRID, flux, mask=mask, ivar=ivar))
    np.testing.assert_allclose(made, expected, rtol=1e-6)


def test_only_the_kinds_of_bad_pixels_that_are_asked_for_count():
    flux = np.arange(600.0) ** 2
    mask = np.arange(600) == 10
    ivar = np.where(np.arange(600) == 20, 0.0, 1.0)
    step = {"step": "mask", "use_mask": False, "use_ivar": False}
    np.testing.assert_allclose(one(recipe(step), spectrum(GRID, flux, mask=mask, ivar=ivar)), flux)


def test_bad_pixels_grow_to_their_neighbours():
    flux = np.zeros(600)
    flux[98:103] = 100.0
    mask = np.arange(600) == 100
    grown = one(recipe({"step": "mask", "grow": 2}), spectrum(GRID, flux, mask=mask))
    np.testing.assert_array_equal(grown, np.zeros(600))


def test_too_many_bad_pixels_reject_a_spectrum():
    flux = np.ones(600)
    flux[:150] = np.nan
    assert "25.0% of its pixels are bad" in reason(recipe({"step": "mask"}), spectrum(GRID, flux))
    one(recipe({"step": "mask", "maximum_fraction": 0.25}), spectrum(GRID, flux))
    all_bad = spectrum(GRID, np.full(600, np.nan))
    assert "all of its pixels" in reason(recipe({"step": "mask", "maximum_fraction": 1.0}), all_bad)


# Continuum


def wavy(seed: int = 0) -> np.ndarray:
    x = np.linspace(-1, 1, 600)
    return 100.0 + 20 * x - 15 * x**2 + 5 * x**3 + np.random.default_rng(seed).normal(0, 0.1, 600)


def test_a_polynomial_continuum_without_clipping_is_numpys_fit():
    fluxes = [wavy(seed) for seed in range(3)]
    step = {"step": "continuum", "degree": 4, "rounds": 0}
    batches, _ = prepared(recipe(step), [spectrum(GRID, flux) for flux in fluxes])
    expected = [flux / np.polynomial.Chebyshev.fit(GRID, flux, 4)(GRID) for flux in fluxes]
    np.testing.assert_allclose(batches[0].flux, expected, rtol=1e-6)


def test_clipping_is_what_a_loop_over_one_spectrum_does():
    flux = wavy()
    flux[280:320] += 200.0 * np.exp(-0.5 * ((np.arange(40) - 20) / 5.0) ** 2)
    used = np.ones(600, dtype=bool)
    for _ in range(6):
        fit = np.polynomial.Chebyshev.fit(GRID[used], flux[used], 3, domain=[GRID[0], GRID[-1]])(GRID)
        sigma = np.sqrt(((flux - fit)[used] ** 2).sum() / (used.sum() - 4))
        used = (flux - fit >= -2.0 * sigma) & (flux - fit <= 3.0 * sigma)
    step = {"step": "continuum", "degree": 3, "operation": "subtract"}
    np.testing.assert_allclose(one(recipe(step), spectrum(GRID, flux)), flux - fit, atol=1e-4)


@pytest.mark.parametrize("method", ["polynomial", "spline", "quantile", "asymmetric"])
def test_every_method_flattens_a_smooth_spectrum_around_a_line(method):
    line = 1.0 + 2.0 * np.exp(-0.5 * ((np.arange(600) - 300) / 4.0) ** 2)
    step = {"step": "continuum", "method": method, "asymmetry": 0.5, "smoothness": 1e5, "window": 100.0}
    made = one(recipe(step), spectrum(GRID, wavy() * line))
    away = np.abs(np.arange(600) - 300) > 60
    assert np.abs(made[away] - 1.0).max() < 0.07
    assert made.max() > 2.0


def test_a_spline_continuum_is_a_least_squares_spline():
    flux = wavy()
    basis = spline_basis(GRID, 6)
    expected = flux - basis @ np.linalg.lstsq(basis, flux, rcond=None)[0]
    step = {"step": "continuum", "method": "spline", "knots": 6, "rounds": 0, "operation": "subtract"}
    np.testing.assert_allclose(one(recipe(step), spectrum(GRID, flux)), expected, atol=1e-4)


def test_a_running_median_of_a_line_is_the_line():
    grid = np.arange(5000.0, 6000.0)
    step = {"step": "continuum", "method": "quantile", "window": 50.0, "operation": "subtract"}
    inside = slice(30, -30)  # windows are cut at the ends
    made = one(recipe(step), spectrum(grid, 3.0 * grid))
    np.testing.assert_allclose(made[inside], 0.0, atol=2.0)


@pytest.mark.parametrize("window", [1e-6, 1e6])
def test_a_running_median_works_with_any_window(window):
    flux = np.where(np.arange(600) % 2, 100.0, np.nan)
    step = {"step": "continuum", "method": "quantile", "window": window}
    made = one(recipe(step, {"step": "mask", "maximum_fraction": 0.5}), spectrum(GRID, flux))
    np.testing.assert_allclose(made, 1.0)


def test_asymmetric_least_squares_solve_their_own_equations():
    flux = wavy()[None, :200]
    fit = asymmetric_fit(flux, np.ones((1, 200), dtype=bool), 1e3, 0.9)[0]
    weight = np.where(flux[0] > fit, 0.9, 0.1)
    differences = np.diff(np.eye(200), 2, axis=0)
    expected = np.linalg.solve(np.diag(weight) + 1e3 * differences.T @ differences, weight * flux[0])
    np.testing.assert_allclose(fit, expected, rtol=1e-6)


def test_an_alpha_shape_rolls_over_absorption_lines_and_follows_the_continuum():
    smooth = 100.0 + 20 * np.linspace(-1, 1, 600) - 15 * np.linspace(-1, 1, 600) ** 2
    lines = np.ones(600)
    for centre in range(20, 600, 30):
        lines -= 0.5 * np.exp(-0.5 * ((np.arange(600) - centre) / 3.0) ** 2)
    span = GRID[-1] - GRID[0]
    step = {"step": "continuum", "method": "alpha-shape", "radius": span / 20, "smoothing": 0.0}
    made = one(recipe(step), spectrum(GRID, smooth * lines))
    np.testing.assert_allclose(made[30:-30], lines[30:-30], atol=0.02)


def test_the_closing_by_a_ball_is_that_of_the_definition():
    flux = np.random.default_rng(1).normal(size=(1, 60)).cumsum(axis=1)
    grid = np.arange(60.0)
    made = rolled_envelope(flux, np.ones((1, 60), dtype=bool), grid, 4.0, 0.0)[0]
    height = np.subtract(*np.percentile(flux[0], [99.0, 5.0]))
    ball = height * (np.sqrt(1 - (np.arange(-4, 5) / 5.0) ** 2) - 1)
    wide = np.pad(flux[0], 4, mode="reflect", reflect_type="odd")
    raised = np.array([(wide[at : at + 9] + ball).max() for at in range(60)])
    again = np.pad(raised, 4, mode="reflect", reflect_type="odd")
    closed = np.array([(again[at : at + 9] - ball).min() for at in range(60)])
    np.testing.assert_allclose(made, gaussian_filter1d(closed, 1.2, mode="nearest"))


# Telluric bands


def test_telluric_bands_are_marked_and_then_have_no_say():
    grid = np.linspace(6700.0, 7800.0, 600)
    flux = np.ones(600)
    flux[(grid > 7594) & (grid < 7702)] = 0.3
    steps = [{"step": "telluric", "bands": "oxygen"}, {"step": "mask", "maximum_fraction": 0.5}]
    np.testing.assert_allclose(one(recipe(*steps), spectrum(grid, flux)), 1.0)
    hidden = spectrum(grid, flux, mask=(grid < 6710))
    assert np.isclose(one(recipe(*steps), hidden), 1.0).all()


@pytest.mark.parametrize(
    ("bands", "line", "inside"), [("strong", 6564.6, False), ("all", 6564.6, True), ("oxygen", 7250.0, False)]
)
def test_which_wavelengths_are_telluric(bands, line, inside):
    assert in_bands(np.array([line, 7600.0]), bands, 0.0).tolist() == [inside, True]
    assert not in_bands(np.array([7593.0]), bands, 0.0)[0]
    assert in_bands(np.array([7593.0]), bands, -60.0)[0]


def test_bad_pixels_have_no_say_in_the_continuum():
    flux = wavy()
    spoilt = flux.copy()
    mask = np.zeros(600, dtype=bool)
    mask[100:120] = True
    spoilt[mask] = 1e6
    for method in ("polynomial", "spline", "quantile", "asymmetric", "alpha-shape"):
        step = {"step": "continuum", "method": method, "rounds": 0}
        clean = one(recipe(step), spectrum(GRID, flux, mask=mask))
        made = one(recipe(step), spectrum(GRID, spoilt, mask=mask))
        np.testing.assert_allclose(made[~mask], clean[~mask], rtol=1e-6)


def test_a_continuum_that_is_not_positive_cannot_be_divided_by():
    crossing = spectrum(GRID, np.linspace(-1.0, 1.0, 600))
    step = {"step": "continuum", "degree": 1}
    assert "not positive" in reason(recipe(step), crossing)
    one(recipe({**step, "operation": "subtract"}), crossing)


def test_too_few_good_pixels_give_no_continuum():
    flux = np.full(600, np.nan)
    flux[:6] = 1.0
    assert "too few good pixels" in reason(recipe({"step": "continuum"}), spectrum(GRID, flux))


# Wavelets


def test_wavelet_coefficients_are_those_of_each_spectrum_alone():
    spectra = noise(4, [GRID])
    batches, _ = prepared(recipe({"step": "wavelet", "wavelet": "db4", "level": 3}), spectra)
    expected = [np.concatenate(pywt.wavedec(s.flux, "db4", level=3)) for s in spectra]
    np.testing.assert_allclose(batches[0].flux, expected, rtol=1e-5, atol=1e-4)
    assert batches[0].wavelength is None
    assert batches[0].columns[0] == "A3.0"
    assert batches[0].columns[-1].startswith("D1.")


def test_the_approximation_is_the_first_part_of_all_coefficients():
    given_flux = noise(1, [GRID])[0]
    everything = one(recipe({"step": "wavelet", "level": 3}), given_flux)
    coarse = one(recipe({"step": "wavelet", "level": 3, "output": "approximation"}), given_flux)
    np.testing.assert_array_equal(coarse, everything[: len(coarse)])


@pytest.mark.parametrize("points", [599, 600])
def test_denoising_keeps_the_grid_and_brings_noise_down(points):
    clean = 100.0 + 50.0 * np.exp(-0.5 * ((np.arange(points) - 300) / 40.0) ** 2)
    noisy = spectrum(GRID[:points], clean + np.random.default_rng(0).normal(0, 5.0, points))
    made = one(recipe({"step": "wavelet", "output": "denoised"}), noisy)
    assert len(made) == points
    assert np.std(made - clean) < 0.5 * np.std(noisy.flux - clean)
    untouched = one(recipe({"step": "wavelet", "output": "denoised", "threshold": 0.0}), noisy)
    np.testing.assert_allclose(untouched, noisy.flux, rtol=1e-5)


def test_more_levels_than_the_length_allows_are_rejected():
    assert "halved" in reason(recipe({"step": "wavelet", "level": 19}), noise(1, [GRID])[0])

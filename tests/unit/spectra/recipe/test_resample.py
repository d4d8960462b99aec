import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.steps import STEPS
from spectra.steps.axis.resample import overlap_weights
from spectra.steps.grid import bin_edges
from tests.unit.spectra.recipe.examples import log_grid, noise, one, prepared, reason, recipe, spectrum

WINDOW = {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}
CONSERVING = {**WINDOW, "method": "flux-conserving"}


def averages(old: np.ndarray, flux: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Average over new pixels by the definition, one pair of pixels at a time."""
    old_edges, new_edges = bin_edges(old), bin_edges(new)
    result = np.empty(len(new))
    for j in range(len(new)):
        total = weights = 0.0
        for i in range(len(old)):
            share = min(old_edges[i + 1], new_edges[j + 1]) - max(old_edges[i], new_edges[j])
            if share > 0:
                total += share * flux[i]
                weights += share
        result[j] = total / weights
    return result


def test_linear_resampling_is_numpys_interp_for_every_grid():
    grids = [log_grid(800), log_grid(700, 6450.0), np.linspace(6500.0, 6800.0, 333)]
    spectra = noise(30, grids)
    batches, rejected = prepared(recipe(WINDOW), spectra)
    assert not rejected
    target = np.linspace(6519.0, 6732.0, 140)
    np.testing.assert_array_equal(batches[0].wavelength, target)
    expected = [np.interp(target, s.wavelength, s.flux) for s in spectra]
    np.testing.assert_allclose(batches[0].flux, expected, rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.1, 5.0), min_size=3, max_size=40),
    st.integers(2, 60),
    st.floats(0.0, 0.4),
    st.floats(0.6, 1.0),
    st.integers(0, 2**31),
)
def test_both_methods_agree_with_their_definitions_on_any_grid(gaps, points, low, high, seed):
    grid = 5000.0 + np.cumsum(gaps)
    flux = np.random.default_rng(seed).normal(10.0, 3.0, len(grid))
    first, last = (grid[0] + share * (grid[-1] - grid[0]) for share in (low, high))
    target = np.linspace(first, last, points)
    for method, expected in (
        ("linear", np.interp(target, grid, flux)),
        ("flux-conserving", averages(grid, flux, target)),
    ):
        made = recipe({"step": "resample", "wavelength": target.tolist(), "method": method})
        np.testing.assert_allclose(one(made, spectrum(grid, flux)), expected, rtol=1e-5, atol=1e-5)


def test_flux_conserving_resampling_conserves_the_flux():
    random = np.random.default_rng(0)
    old = np.sort(random.uniform(6000.0, 7000.0, 500))
    edges = bin_edges(old)
    new_edges = np.linspace(edges[0], edges[-1], 38)
    flux = random.exponential(1.0, (3, 500))
    made = overlap_weights(edges, new_edges).flux(flux)
    np.testing.assert_allclose(made @ np.diff(new_edges), flux @ np.diff(edges), rtol=1e-12)


def test_resampling_to_the_own_grid_changes_nothing():
    grid = log_grid(300)
    given_flux = noise(1, [grid])[0]
    for method in ("linear", "flux-conserving"):
        made = recipe({"step": "resample", "wavelength": grid.tolist(), "method": method})
        np.testing.assert_allclose(one(made, given_flux), given_flux.flux, rtol=1e-6)


def test_variances_of_averages_add_up_as_those_of_independent_pixels():
    grid = np.arange(5000.0, 5100.0)
    step = STEPS["resample"](minimum=5002.5, maximum=5096.5, spacing=2.0, method="flux-conserving")
    (block,) = _blocks(spectrum(grid, np.ones(100), ivar=np.full(100, 4.0)))
    # Each new pixel holds two old ones exactly: variance 1/4 becomes 1/8.
    np.testing.assert_allclose(step.apply(block).ivar, 8.0)


def test_a_pixel_without_weight_leaves_no_weight_where_it_contributes():
    grid = np.arange(5000.0, 5100.0)
    ivar = np.ones(100)
    ivar[50] = 0.0
    (block,) = _blocks(spectrum(grid, np.ones(100), ivar=ivar))
    made = STEPS["resample"](minimum=5040.5, maximum=5060.5, spacing=1.0).apply(block)
    assert np.flatnonzero(made.ivar[0] == 0.0).tolist() == [9, 10]


def test_bad_pixels_spread_to_the_points_that_they_contribute_to():
    grid = np.arange(5000.0, 5100.0)
    mask = np.zeros(100, dtype=bool)
    mask[50] = True
    (block,) = _blocks(spectrum(grid, np.ones(100), mask=mask))
    made = STEPS["resample"](minimum=5040.0, maximum=5060.0, spacing=0.5).apply(block)
    assert made.wavelength[made.mask[0]].tolist() == [5049.5, 5050.0, 5050.5]


def test_a_spectrum_that_does_not_cover_the_grid_is_rejected_and_the_grid_stays():
    short = spectrum(np.linspace(6600.0, 6800.0, 100), np.ones(100), name="short")
    batches, rejected = prepared(recipe(WINDOW), [*noise(2, [log_grid()]), short])
    assert [r.source for r in rejected] == ["short.fits"]
    assert rejected[0].reason == "it covers 6600.00–6800.00 Å, the recipe needs 6519.00–6732.00 Å"
    assert batches[0].flux.shape == (2, 140)


@pytest.mark.parametrize(("missing", "accepted"), [(0.49, True), (0.51, False)])
def test_half_a_pixel_may_be_missing_at_either_end(missing, accepted):
    for grid in (np.arange(6519.0 + missing, 6740.0), np.arange(6500.0, 6733.0) - missing):
        _, rejected = prepared(recipe(WINDOW), [spectrum(grid, np.ones(len(grid)))])
        assert (not rejected) is accepted


def test_a_spectrum_of_one_point_is_rejected():
    assert "1 points" in reason(recipe(WINDOW), spectrum(np.array([6600.0]), np.ones(1)))


def test_a_value_that_is_not_finite_spoils_only_points_beside_it():
    grid = np.arange(6500.0, 6750.0)
    flux = np.ones(250)
    flux[0] = np.nan
    assert np.isfinite(one(recipe(WINDOW), spectrum(grid, flux))).all()
    assert np.isfinite(one(recipe(CONSERVING), spectrum(grid, flux))).all()
    flux[100] = np.nan
    assert "not finite" in reason(recipe(WINDOW), spectrum(grid, flux))
    assert "not finite" in reason(recipe(CONSERVING), spectrum(grid, flux))


def test_grids_can_be_given_by_spacing_and_in_the_logarithm():
    by_spacing = STEPS["resample"](minimum=5000.0, maximum=5010.0, spacing=2.5)
    np.testing.assert_allclose(by_spacing.target, [5000.0, 5002.5, 5005.0, 5007.5, 5010.0])
    log = STEPS["resample"](minimum=4000.0, maximum=8000.0, points=101, sampling="log")
    np.testing.assert_allclose(np.diff(np.log10(log.target)), np.log10(2.0) / 100)
    log_spacing = STEPS["resample"](minimum=4000.0, maximum=8000.0, spacing=1e-4, sampling="log")
    np.testing.assert_allclose(np.diff(np.log10(log_spacing.target)), 1e-4)
    assert 7999.0 < log_spacing.target[-1] <= 8000.0


def _blocks(*spectra):
    made = recipe({"step": "mask"}, {"step": "snr", "minimum": 0.0})
    return made._stacker.stack(list(spectra), {})

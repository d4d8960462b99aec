import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.steps.axis.gather import Gatherer
from spectra.steps.stack import Stacker
from tests.unit.spectra.recipe.examples import log_grid, noise, prepared, recipe, spectrum

WINDOW = {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}
CUT = {"step": "cutout", "minimum": 6510.0, "maximum": 6740.0}
NO_FILTER = {"step": "snr", "minimum": 0.0}  # asks for errors: then steps are done one by one


@pytest.mark.parametrize(
    ("steps", "gathered"),
    [
        ([WINDOW], 1),
        ([{"step": "air_to_vacuum"}, CUT, CUT, WINDOW, {"step": "scale"}], 4),
        ([CUT], None),
        ([{"step": "scale"}, WINDOW], None),
        ([{**WINDOW, "method": "flux-conserving"}], None),
        ([CUT, WINDOW, NO_FILTER], None),
        ([CUT, WINDOW, {"step": "continuum"}], None),
    ],
)
def test_only_leading_cutouts_and_a_linear_resampling_are_gathered(steps, gathered):
    stacker = recipe(*steps)._stacker
    assert isinstance(stacker, Stacker if gathered is None else Gatherer)
    assert stacker.done == (gathered or 0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(6505.0, 6521.0), st.floats(6731.0, 6745.0), st.integers(30, 300)),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
    st.integers(0, 100),
)
def test_gathering_does_what_the_steps_do_one_by_one(grids, cut, seed):
    spectra = noise(12, [np.linspace(first, last, points) for first, last, points in grids], seed)
    steps = [CUT, WINDOW] if cut else [WINDOW]
    together, left_out = prepared(recipe(*steps), spectra)
    apart, also_left_out = prepared(recipe(*steps, NO_FILTER), spectra)
    assert left_out == also_left_out
    assert [b.names for b in together] == [b.names for b in apart]
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one.flux, other.flux)
        np.testing.assert_array_equal(one.wavelength, other.wavelength)


def test_a_chunk_of_which_nothing_is_left_is_no_block():
    far = [spectrum(np.linspace(4000.0, 5000.0, 50), np.ones(50)), spectrum(log_grid(2), np.ones(2))]
    batches, rejected = prepared(recipe(WINDOW), far)
    assert not batches
    assert len(rejected) == 2


def test_a_recipe_that_uses_more_than_the_flux_needs_whole_spectra():
    grid = np.linspace(6000.0, 7000.0, 1001)
    assert recipe({"step": "air_to_vacuum"}, CUT, WINDOW).flux_window(grid) == slice(510, 741)
    assert recipe({"step": "scale"}, WINDOW).flux_window(grid) == slice(0, 1001)
    for step in (NO_FILTER, {"step": "continuum"}, {"step": "mask"}, {"step": "rest_frame"}):
        assert recipe(step, WINDOW).flux_window is None

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.base.errors import Invalid
from dashboard.data.curve import Window, curve, curve_of, numbers, thinned
from spectra import Spectrum


@given(
    st.lists(st.one_of(st.floats(-1e30, 1e30), st.just(float("nan"))), min_size=1, max_size=400),
    st.integers(2, 60),
)
def test_thinning_keeps_order_ends_and_the_promised_size(values: list[float], points: int) -> None:
    kept = thinned(np.array(values), points)
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= max(points, 2)
    assert kept[0] == 0
    assert kept[-1] == len(values) - 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=500), st.integers(4, 40))
def test_thinning_never_loses_the_lowest_or_the_highest(values: list[float], points: int) -> None:
    array = np.array(values)
    kept = array[thinned(array, points)]
    assert kept.min() == array.min()
    assert kept.max() == array.max()


def test_one_bad_pixel_does_not_hide_its_bucket() -> None:
    flux = np.zeros(1000)
    flux[500] = np.nan
    flux[501] = 7.0
    assert 501 in thinned(flux, 20)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=50))
def test_numbers_are_short_close_and_valid_json(values: list[float]) -> None:
    found = numbers(np.array(values), 6)
    json.dumps(found, allow_nan=False)
    for value, short in zip(values, found, strict=True):
        if not np.isfinite(value):
            assert short is None
        else:
            assert short == pytest.approx(value, rel=1e-5)


def test_a_curve_is_cut_to_its_range_and_gives_errors_of_weights() -> None:
    wavelength = np.arange(100.0, 200.0)
    ivar = np.full(100, 4.0)
    ivar[20] = 0.0
    mask = ivar == 0
    found = curve(Spectrum(wavelength, wavelength * 2, ivar, mask), Window(1000, 119.5, 121.0))
    assert found["x"] == [120.0, 121.0]
    assert found["flux"] == [240.0, 242.0]
    assert found["error"] == [None, 0.5]
    assert found["mask"] == [True, False]
    assert (found["points"], found["shown"]) == (2, 2)


def test_a_window_that_holds_nothing_gives_an_empty_curve() -> None:
    found = curve_of(np.arange(10.0), np.ones(10), Window(10, 50.0, 60.0))
    assert (found["x"], found["points"], found["minimum"]) == ([], 0, None)


def test_features_without_wavelengths_are_drawn_over_their_columns() -> None:
    found = curve_of(None, np.array([3.0, 1.0]), Window())
    assert (found["axis"], found["x"]) == ("column", [0.0, 1.0])


@pytest.mark.parametrize(("points", "low", "high"), [(1, None, None), (30_000, None, None), (5, 2.0, 2.0)])
def test_a_window_that_makes_no_sense_is_rejected(points: int, low: float | None, high: float | None) -> None:
    with pytest.raises(Invalid):
        Window(points, low, high)

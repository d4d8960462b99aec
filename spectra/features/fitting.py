"""Checks whether a feature set is valid input of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.features.feature_set import FeatureSet
from spectra.recipe import Recipe

#: Å; nearer wavelengths are the same.
TOLERANCE = 1e-3


def prepared_for(
    features: FeatureSet, recipe: Recipe, wavelength: Sequence[float] | npt.NDArray[np.float64] | None
) -> bool:
    """Return whether a feature set was prepared as a model needs it.

    Parameters
    ----------
    features
        By another recipe, or by one that learned from other data, it is none.
    recipe
        The model's, with what its steps learned.
    wavelength
        The model's grid, Å in vacuum. An imported set does not say how it was prepared; on this grid it is
        taken.
    """
    theirs = features.recipe
    if not theirs.steps and _same_grid(features.wavelength, wavelength):
        return True
    return theirs.to_json() == recipe.to_json() and _same_state(theirs.state(), recipe.state())


def _same_state(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def _same_grid(
    one: Sequence[float] | npt.NDArray[np.float64] | None,
    other: Sequence[float] | npt.NDArray[np.float64] | None,
) -> bool:
    if one is None or other is None:
        return False
    return len(one) == len(other) and np.allclose(one, other, rtol=0.0, atol=TOLERANCE)

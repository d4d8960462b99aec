"""What a profile is made of: its peaks, its dips, and which lie beside which, in units of the noise.

Every figure is a maximum over positions of sums of running maxima, so that it is found for many rows at once
and does not depend on where in the profile it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.smoothing import SCALES

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Scales whose structure is looked at.
USED = tuple(range(len(SCALES)))
#: Figures of one scale.
EACH = 20
FIGURES = EACH * len(USED)


@dataclass(frozen=True)
class Dips:
    """The most prominent dip of each row, between a peak to its left and one to its right.

    Attributes
    ----------
    depth
        Of the dip below the lower of the two peaks, shape (rows,).
    level
        Value in the dip, shape (rows,).
    place, left, right
        Columns of the dip and the two peaks, shape (rows,).
    left_level, right_level
        Values of the peaks, shape (rows,).
    """

    depth: Floats
    level: Floats
    place: Integers
    left: Integers
    right: Integers
    left_level: Floats
    right_level: Floats

    @property
    def lower_peak(self) -> Floats:
        """Value of the lower of the two peaks.

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        return np.minimum(self.left_level, self.right_level)


def dips(values: Floats) -> Dips:
    """Find the most prominent dip of each row.

    Parameters
    ----------
    values : ndarray
        Shape (rows, columns), at least 3 columns.

    Returns
    -------
    Dips
        Columns are those of `values`.
    """
    left = np.maximum.accumulate(values, axis=1)
    right = np.maximum.accumulate(values[:, ::-1], axis=1)[:, ::-1]
    place = np.argmax(np.minimum(left, right) - values, axis=1)
    rows = np.arange(len(values))
    level, left_level, right_level = values[rows, place], left[rows, place], right[rows, place]
    columns = np.arange(values.shape[1])
    before, after = columns <= place[:, None], columns >= place[:, None]
    return Dips(
        np.minimum(left_level, right_level) - level,
        level,
        place,
        np.argmax(np.where(before, values, -np.inf), axis=1),
        np.argmax(np.where(after, values, -np.inf), axis=1),
        left_level,
        right_level,
    )


def absorption_then_emission(values: Floats) -> Floats:
    """Return how far a dip and a peak to its right are both there.

    Parameters
    ----------
    values : ndarray
        Shape (rows, columns).

    Returns
    -------
    ndarray
        The most, over all positions, of the smaller of the depth before and the height after, shape (rows,).
    """
    depth = np.maximum.accumulate(-values, axis=1)
    height = np.maximum.accumulate(values[:, ::-1], axis=1)[:, ::-1]
    found: Floats = np.minimum(depth, height).max(axis=1)
    return found


def _beside_peak(values: Floats) -> tuple[Floats, Floats]:
    """Return the depths to the left and to the right of the highest peak, shape (rows,) each."""
    top = values.argmax(axis=1)[:, None]
    places = np.arange(values.shape[1])
    before = -np.where(places <= top, values, np.inf).min(axis=1)
    after = -np.where(places >= top, values, np.inf).min(axis=1)
    return before, after


def figures(smoothed: Sequence[Floats], noise: Floats) -> Floats:
    """Describe profiles by numbers that a classifier learns from.

    Parameters
    ----------
    smoothed : sequence of ndarray
        The profile at every scale, shape (rows, columns) each.
    noise : ndarray
        Its noise at every scale, shape (scales, rows).

    Returns
    -------
    ndarray
        Shape (rows, `FIGURES`), finite: for every scale depths, heights and prominences over the noise
        (inverse hyperbolic sine), and the same over the largest deviation.
    """
    found: list[Floats] = []
    for scale in USED:
        values, sigma = smoothed[scale], noise[scale]
        found += _of_scale(values, sigma)
    return np.stack(found, axis=1)


def _of_scale(values: Floats, sigma: Floats) -> list[Floats]:
    dip, bump = dips(values), dips(-values)
    height, depth = values.max(axis=1), -values.min(axis=1)
    blue = absorption_then_emission(values)
    red = absorption_then_emission(values[:, ::-1])
    before, after = _beside_peak(values)
    largest = np.maximum(np.maximum(height, depth), sigma)
    # The photons of the peaks make their noise larger than that of the continuum.
    photons = np.sqrt(1.0 + np.maximum(dip.lower_peak, 0.0))
    absolute = [
        height,
        depth,
        dip.depth / photons,
        dip.level,
        dip.lower_peak,
        bump.depth,
        -bump.level,
        -bump.lower_peak,
        blue,
        red,
        before,
        after,
    ]
    relative = [dip.depth, dip.level, dip.lower_peak, blue, red, bump.depth, before, after]
    return [np.arcsinh(one / sigma) for one in absolute] + [one / largest for one in relative]

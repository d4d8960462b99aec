"""Which known line a line found is, and the redshift at which most are known ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.finder import Found
from deepaas_plugins.methods.lines.line_list import FORBIDDEN, LIGHT_SPEED, LINES, WAVELENGTHS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Known lines that must agree before a redshift is believed.
LEAST_LINES = 2
#: Redshifts that are told apart, at most: memory is bounded.
MOST_BINS = 8000


def identify(found: Found, redshift: Floats, tolerance: float) -> Integers:
    """Return the known line nearest to each line found.

    Parameters
    ----------
    found : Found
        Lines of a chunk.
    redshift : ndarray
        Of each row of the chunk, shape (rows,); NaN counts as 0.
    tolerance : float
        Greatest distance, km/s.

    Returns
    -------
    ndarray
        Number in `LINES`, −1 for none, shape (lines,). Forbidden lines are known in emission only.
    """
    rest = found.wavelength / (1.0 + np.nan_to_num(redshift)[found.row])
    away = np.abs(rest[:, None] / WAVELENGTHS - 1.0) * LIGHT_SPEED
    away = np.where(FORBIDDEN & (found.peak[:, None] < 0.0), np.inf, away)
    nearest = away.argmin(axis=1)
    return np.where(away[np.arange(len(nearest)), nearest] <= tolerance, nearest, -1)


def redshifts(found: Found, rows: int, highest: float, tolerance: float) -> tuple[Floats, Floats]:
    """Fit the redshift of every spectrum: that at which the most significant known lines are there.

    Every pair of a line found and a known one votes for a redshift, with the logarithm of its significance.

    Parameters
    ----------
    found : Found
        Lines of a chunk.
    rows : int
        Rows of the chunk.
    highest : float
        Redshifts from −0.005 to this one are tried.
    tolerance : float
        Width of a vote, km/s.

    Returns
    -------
    redshift : ndarray
        Shape (rows,); NaN where fewer than two lines agree.
    margin : ndarray
        Votes of the best over those of the second best, which lies elsewhere; shape (rows,).
    """
    low = np.log(0.995)
    step = max(tolerance / LIGHT_SPEED / 2.0, (np.log1p(highest) - low) / MOST_BINS)
    bins = int(np.ceil((np.log1p(highest) - low) / step)) + 1
    pair = np.log(found.wavelength[:, None] / WAVELENGTHS)
    possible = (pair >= low) & (pair < low + bins * step) & ~(FORBIDDEN & (found.peak[:, None] < 0.0))
    line, known = np.nonzero(possible)
    place = ((pair[line, known] - low) / step).astype(np.int64)
    weight = np.log1p(np.minimum(found.snr[line], 100.0))
    votes, counts = _votes(_Ballot(found.row, line, place, weight), rows, bins)
    best = votes.argmax(axis=1)
    every = np.arange(rows)
    first = votes[every, best]
    away = np.abs(np.arange(bins) - best[:, None]) > 3
    second = np.where(away, votes, 0.0).max(axis=1)
    agree = counts[every, best] >= LEAST_LINES
    near = np.abs(place - best[found.row[line]]) <= 1
    sums = np.bincount(found.row[line][near], weight[near], rows)
    means = np.bincount(found.row[line][near], (weight * pair[line, known])[near], rows) / np.maximum(
        sums, 1e-300
    )
    return np.where(agree, np.expm1(means), np.nan), first / np.maximum(second, 1e-9)


class _Ballot(NamedTuple):
    """Votes: row of each line found, and of each pair its line, bin and weight."""

    row: Integers
    line: Integers
    place: Integers
    weight: Floats


def _votes(ballot: _Ballot, rows: int, bins: int) -> tuple[Floats, Integers]:
    """Return the weight and the number of the lines found that vote for each bin, shape (rows, bins) each.

    A line votes for a bin once, whichever known lines lie about it, and for its neighbours with less weight.
    """
    line = np.tile(ballot.line, 3)
    at = np.clip(np.concatenate([ballot.place, ballot.place - 1, ballot.place + 1]), 0, bins - 1)
    weight = np.concatenate([ballot.weight, 0.6 * ballot.weight, 0.6 * ballot.weight])
    order = np.argsort(-weight, kind="stable")
    _, first = np.unique((line * bins + at)[order], return_index=True)
    once = order[first]
    place = ballot.row[line[once]] * bins + at[once]
    size = rows * bins
    votes = np.zeros((rows, bins))
    counts = np.zeros((rows, bins), dtype=np.int64)
    votes.flat[:] = np.bincount(place, weight[once], size)
    counts.flat[:] = np.bincount(place, minlength=size)
    return votes, counts


def names(identified: Integers) -> list[str]:
    """Return the names of identified lines, "" for those that are not.

    Parameters
    ----------
    identified : ndarray
        Numbers of `identify`.

    Returns
    -------
    list of str
        As many.
    """
    return [LINES[one].name if one >= 0 else "" for one in identified]

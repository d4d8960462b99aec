"""Representations of prepared spectra: high-pass, derivative, logarithm, and stacks of them.

What a spectrum does not cover (many exact zeros) stays 0 and takes part in no smoothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: The parts of each representation; they lie beside each other, each as long as the (binned) spectrum.
REPRESENTATIONS: dict[str, tuple[str, ...]] = {
    "flux": ("flux",),
    "log_high_pass": ("log_high_pass",),
    "log_high_pass_derivative": ("log_high_pass", "log_derivative"),
    "standard_high_pass_derivative": ("standard", "high_pass", "derivative"),
    "log_stack": ("log", "log_high_pass", "log_derivative"),
    "flux_log_high_pass": ("flux", "log", "high_pass"),
    "log": ("log",),
    "high_pass": ("high_pass",),
    "standard": ("standard",),
    "standard_high_pass": ("standard", "high_pass"),
}
#: Those of one part, which are spectra again.
SINGLE = tuple(name for name, parts in REPRESENTATIONS.items() if len(parts) == 1)
#: Share of exact zeros from which on they are taken for points that the spectrum does not cover.
UNCOVERED = 0.02
#: Fluxes beyond these percentiles are cut before mean and deviation are taken.
PERCENTILES = (0.1, 99.9)
#: Standardised fluxes are cut here.
CLIP = 4.0
#: Range of flux over its median of which a logarithm is taken.
LOG_RANGE = (0.02, 50.0)
#: Standard deviation of the Gaussian before a derivative, in points.
DERIVATIVE_WIDTH = 2.0
#: Rows that are in memory in double size at once.
ROWS = 1024


@dataclass(frozen=True)
class Representation:
    """A representation of spectra.

    Attributes
    ----------
    name
        Key of `REPRESENTATIONS`.
    high_pass_width
        Standard deviation of the Gaussian that is subtracted for a high-pass, in points after binning.
    smoothing
        Standard deviation of the Gaussian that smooths spectra before all else, in points; 0: none.
    points
        Longer spectra are averaged down to at most so many; 0: no limit.
    """

    name: str = "flux"
    high_pass_width: float = 40.0
    smoothing: float = 0.0
    points: int = 0

    @classmethod
    def of(cls, params: dict[str, Any]) -> Representation:
        """Return the representation of checked parameters of a method."""
        return cls(
            params.get("representation", "flux"),
            float(params.get("high_pass_width", 40.0)),
            float(params.get("smoothing", 0.0)),
            int(params.get("points", 0)),
        )

    @classmethod
    def at_full_length(cls, params: dict[str, Any]) -> Representation:
        """Return the representation of checked parameters, whose ``points`` speak of something else."""
        return cls.of({**params, "points": 0})

    @property
    def plain(self) -> bool:
        """Whether spectra are learned from as they are."""
        return self.name == "flux" and not self.smoothing and not self.points

    @property
    def parts(self) -> int:
        """Return how many parts lie beside each other."""
        return len(REPRESENTATIONS[self.name])

    def size(self, columns: int) -> int:
        """Return the number of features of spectra with so many columns."""
        return self.parts * -(-columns // self._bin(columns))

    def of_spectra(self, matrix: Matrix) -> Matrix:
        """Return the features of spectra.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows, size(columns)), float32, finite.
        """
        if self.plain:
            return matrix
        found = np.empty((len(matrix), self.size(matrix.shape[1])), dtype=np.float32)
        for start in range(0, len(matrix), ROWS):
            found[start : start + ROWS] = self._of_some(matrix[start : start + ROWS])
        return found

    def over_columns(self, values: npt.NDArray[np.float64], columns: int) -> npt.NDArray[np.float64]:
        """Return values of features, such as importance, summed over the parts for each column.

        Parameters
        ----------
        values : ndarray
            Shape (size(columns),).
        columns : int
            Of a spectrum.

        Returns
        -------
        ndarray
            Shape (columns,); columns of a bin share its value evenly.
        """
        return self.over_bins(values.reshape(self.parts, -1).sum(axis=0) / self._bin(columns), columns)

    def over_bins(self, values: npt.NDArray[np.float64], columns: int) -> npt.NDArray[np.float64]:
        """Return values of bins for each column.

        Parameters
        ----------
        values : ndarray
            Shape (bins,).
        columns : int
            Of a spectrum.

        Returns
        -------
        ndarray
            Shape (columns,).
        """
        return np.asarray(np.repeat(values, self._bin(columns))[:columns])

    def _bin(self, columns: int) -> int:
        return max(1, -(-columns // self.points)) if self.points else 1

    def _of_some(self, matrix: Matrix) -> Matrix:
        spectra, known = _binned(matrix, covered(matrix), self._bin(matrix.shape[1]))
        if self.smoothing:
            spectra = smoothed(spectra, known, self.smoothing)
        made = [_PARTS[part](spectra, known, self.high_pass_width) for part in REPRESENTATIONS[self.name]]
        return np.concatenate(made, axis=1).astype(np.float32)


def covered(matrix: Matrix) -> Mask:
    """Return which points a spectrum covers: all but the zeros of spectra with many exact zeros.

    Parameters
    ----------
    matrix : ndarray
        Shape (rows, columns).

    Returns
    -------
    ndarray
        Same shape; all of a spectrum of zeros alone.
    """
    zero = matrix == 0
    known = ~(zero & (zero.mean(axis=1, keepdims=True) > UNCOVERED))
    return np.asarray(known | ~known.any(axis=1, keepdims=True))


def smoothed(spectra: Matrix, known: Mask, width: float) -> Matrix:
    """Return spectra convolved with a Gaussian over the points that they cover (normalised convolution).

    Parameters
    ----------
    spectra : ndarray
        Shape (rows, columns).
    known : ndarray
        Which points are covered, same shape.
    width : float
        Standard deviation of the Gaussian, in points.

    Returns
    -------
    ndarray
        Same shape.
    """
    # Only where a representation is made: predicting from plain flux needs NumPy alone.
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415 - see above

    filled = np.where(known, spectra, 0).astype(np.float32)
    total = gaussian_filter1d(filled, width, axis=1, mode="constant")
    weight = gaussian_filter1d(known.astype(np.float32), width, axis=1, mode="constant")
    return np.asarray(total / np.maximum(weight, 1e-6), dtype=np.float32)


def _binned(matrix: Matrix, known: Mask, size: int) -> tuple[Matrix, Mask]:
    if size == 1:
        return matrix, known
    edges = np.arange(0, matrix.shape[1], size)
    counts = np.add.reduceat(known.astype(np.float32), edges, axis=1)
    sums = np.add.reduceat(np.where(known, matrix, 0), edges, axis=1)
    return np.asarray(sums / np.maximum(counts, 1), dtype=np.float32), counts > 0


def standardised(spectra: Matrix, known: Mask) -> Matrix:
    """Return each spectrum with mean 0 and deviation 1 over its covered points, cut at ± `CLIP`.

    Parameters
    ----------
    spectra : ndarray
        Shape (rows, columns).
    known : ndarray
        Which points are covered, same shape.

    Returns
    -------
    ndarray
        Same shape; 0 where a spectrum does not vary or is not covered.
    """
    values = np.where(known, spectra, np.nan)
    lowest, highest = np.nanpercentile(values, PERCENTILES, axis=1, keepdims=True)
    values = np.clip(values, lowest, highest)
    mean, scale = np.nanmean(values, axis=1, keepdims=True), np.nanstd(values, axis=1, keepdims=True)
    scaled = np.divide(values - mean, scale, out=np.zeros_like(values), where=scale > 0)
    return np.where(known, np.clip(scaled, -CLIP, CLIP), 0).astype(np.float32)


def _log(spectra: Matrix, known: Mask) -> Matrix:
    median = np.nanmedian(np.where(known, spectra, np.nan), axis=1, keepdims=True)
    median = np.where(median > 0, median, 1.0)
    return np.where(known, np.log(np.clip(spectra / median, *LOG_RANGE)), 0).astype(np.float32)


def _flux(spectra: Matrix, known: Mask, width: float) -> Matrix:
    del width
    return np.where(known, spectra, 0)


def _standard(spectra: Matrix, known: Mask, width: float) -> Matrix:
    del width
    return standardised(spectra, known)


def _log_flux(spectra: Matrix, known: Mask, width: float) -> Matrix:
    del width
    return _log(spectra, known)


def _high_pass(spectra: Matrix, known: Mask, width: float) -> Matrix:
    values = standardised(spectra, known)
    return standardised(values - smoothed(values, known, width), known)


def _log_high_pass(spectra: Matrix, known: Mask, width: float) -> Matrix:
    values = _log(spectra, known)
    return np.where(known, values - smoothed(values, known, width), 0)


def _derivative(spectra: Matrix, known: Mask, width: float) -> Matrix:
    del width
    values = smoothed(standardised(spectra, known), known, DERIVATIVE_WIDTH)
    return standardised(np.where(known, np.gradient(values, axis=1), 0), known)


def _log_derivative(spectra: Matrix, known: Mask, width: float) -> Matrix:
    del width
    values = smoothed(_log(spectra, known), known, DERIVATIVE_WIDTH)
    return np.where(known, np.gradient(values, axis=1), 0)


_PARTS: dict[str, Callable[[Matrix, Mask, float], Matrix]] = {
    "flux": _flux,
    "standard": _standard,
    "log": _log_flux,
    "high_pass": _high_pass,
    "log_high_pass": _log_high_pass,
    "derivative": _derivative,
    "log_derivative": _log_derivative,
}

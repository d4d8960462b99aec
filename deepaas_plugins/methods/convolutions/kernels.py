"""Random convolution features of spectra, after HYDRA.

Dempster, Schmidt & Webb 2023, Data Mining and Knowledge Discovery 37, 1779. Kernels compete in groups: at
each point of a spectrum the strongest response of a group adds to the sum of its kernel, the weakest to the
count of its kernel. Sums and counts are pooled over segments of the wavelength axis, where HYDRA pools over
the whole series: in spectra the place of a line matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput

Matrix = npt.NDArray[np.float32]

#: Points of a kernel, and kernels that compete in a group.
LENGTH, GROUP = 9, 8
#: Distances between the points of a kernel; those with which it is longer than the spectrum are left out.
DILATIONS = (1, 2, 4, 8, 16, 32)
#: What is convolved: the spectrum, and the differences of its neighbouring points.
SERIES = 2
#: Sum of the strongest response, count of the weakest.
STATISTICS = 2
#: Standardised fluxes are cut here.
CLIP = 4.0
#: Share of exact zeros from which on they are taken for points that the spectrum does not cover.
UNCOVERED = 0.02
#: Numbers of one intermediate array: small enough for the processor's cache.
BLOCK = 2**18


@dataclass(frozen=True)
class Kernels:
    """Random kernels, and how their responses are pooled.

    Attributes
    ----------
    weights
        Shape (dilations, `SERIES`, kernels, `LENGTH`), float32; kernels of a group follow each other.
    columns
        Points of a spectrum.
    points
        To which it is averaged down before, at most.
    segments
        Of the wavelength axis.
    """

    weights: Matrix
    columns: int
    points: int
    segments: int

    @classmethod
    def draw(cls, columns: int, *, groups: int, segments: int, points: int, seed: int) -> Kernels:
        """Draw kernels: normal numbers with mean 0 and sum of absolutes 1.

        Parameters
        ----------
        columns
            Points of a spectrum.
        groups, segments, points
            Groups of each dilation, segments of the wavelength axis, most points of a spectrum.
        seed
            Of the random numbers.

        Raises
        ------
        InvalidInput
            The spectra have fewer points than a kernel.
        """
        length = -(-columns // _bin(columns, points))
        fitting = _fitting(length)
        if not fitting:
            raise InvalidInput(
                f"The spectra have {columns} columns, fewer than the {LENGTH} points of a kernel: choose a "
                "recipe that keeps more of them."
            )
        random = np.random.default_rng(seed)
        weights = random.normal(size=(len(fitting), SERIES, groups * GROUP, LENGTH))
        weights -= weights.mean(axis=-1, keepdims=True)
        weights /= np.abs(weights).sum(axis=-1, keepdims=True)
        return cls(weights.astype(np.float32), columns, points, min(segments, length - 1))

    @staticmethod
    def fits(dilations: int, columns: int, points: int, segments: int) -> bool:
        """Return whether spectra of so many columns are long enough for the dilations and segments.

        Parameters
        ----------
        dilations, columns, points, segments
            As in the attributes.
        """
        length = -(-columns // _bin(columns, points))
        return dilations <= len(_fitting(length)) and segments < length

    @property
    def size(self) -> int:
        """Return the number of features of a spectrum."""
        dilations, _, kernels, _ = self.weights.shape
        return int(dilations * SERIES * STATISTICS * kernels * self.segments)

    @property
    def segment_of(self) -> npt.NDArray[np.int64]:
        """Return the segment of each feature, shape (size,)."""
        return np.tile(np.arange(self.segments), self.size // self.segments)

    def features(self, matrix: Matrix) -> Matrix:
        """Return the features of spectra.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows, size), float32: square roots of the pooled sums and counts.
        """
        spectra = standardised(_averaged(matrix, _bin(self.columns, self.points)))
        series = (spectra, np.diff(spectra, axis=1))
        kernels = self.weights.shape[2]
        found = np.empty(
            (len(matrix), len(self.weights), SERIES, STATISTICS, kernels, self.segments), dtype=np.float32
        )
        for number, each in enumerate(series):
            pool = _pool(each.shape[1], self.segments)
            for place, weights in enumerate(self.weights[:, number]):
                self._convolve(each, weights, DILATIONS[place], pool, found[:, place, number])
        return found.reshape(len(matrix), self.size)

    def _convolve(self, series: Matrix, weights: Matrix, dilation: int, pool: Matrix, out: Matrix) -> None:
        """Write pooled sums and counts of one dilation to `out`, (rows, statistics, kernels, segments)."""
        length = series.shape[1]
        rows = max(1, BLOCK // (len(weights) * length))
        margin = (LENGTH // 2) * dilation
        for start in range(0, len(series), rows):
            part = np.pad(series[start : start + rows], ((0, 0), (margin, margin)))
            shifted = np.stack([part[:, k * dilation : k * dilation + length] for k in range(LENGTH)])
            response = (weights @ shifted.reshape(LENGTH, -1)).reshape(-1, GROUP, len(part), length)
            highest, lowest = response.max(axis=1, keepdims=True), response.min(axis=1, keepdims=True)
            # Where all kernels respond alike (no flux there), none is the strongest: nothing equals infinity.
            alike = highest == lowest
            highest[alike] = lowest[alike] = np.inf
            strongest = (response * (response == highest)) @ pool
            weakest = (response == lowest).astype(np.float32) @ pool
            for number, pooled in enumerate((strongest, weakest)):
                flat = np.sqrt(np.maximum(pooled, 0)).reshape(len(weights), len(part), -1)
                out[start : start + rows, number] = flat.swapaxes(0, 1)


def _fitting(length: int) -> list[int]:
    return [dilation for dilation in DILATIONS if (LENGTH - 1) * dilation < length]


def _bin(columns: int, points: int) -> int:
    return max(1, -(-columns // points))


def _averaged(matrix: Matrix, size: int) -> Matrix:
    """Average `size` neighbouring points; the last bin may have fewer."""
    if size == 1:
        return matrix
    edges = np.arange(0, matrix.shape[1], size)
    counts = np.diff(np.append(edges, matrix.shape[1])).astype(np.float32)
    return np.asarray(np.add.reduceat(matrix, edges, axis=1) / counts, dtype=np.float32)


def _pool(length: int, segments: int) -> Matrix:
    """Return the matrix that sums over segments, shape (length, segments)."""
    segment = np.arange(length) * segments // length
    return np.asarray(segment[:, None] == np.arange(segments), dtype=np.float32)


def standardised(matrix: Matrix) -> Matrix:
    """Return each spectrum with mean 0 and standard deviation 1 over the points that it covers.

    Parameters
    ----------
    matrix : ndarray
        Shape (rows, columns), float32. Where a row has many exact zeros, they are points without flux.

    Returns
    -------
    ndarray
        Same shape, between −`CLIP` and `CLIP`; 0 where there is no flux. Mean and deviation are those of the
        points within five robust deviations of the median, so that single spikes do not set the scale.
    """
    whole = [_standardised(matrix[start : start + 1024]) for start in range(0, len(matrix), 1024)]
    return np.concatenate(whole) if whole else matrix


def _standardised(matrix: Matrix) -> Matrix:
    zero = matrix == 0
    covered = ~(zero & (zero.mean(axis=1, keepdims=True) > UNCOVERED))
    covered |= ~covered.any(axis=1, keepdims=True)
    known = np.where(covered, matrix, np.nan)
    median = np.nanmedian(known, axis=1, keepdims=True)
    deviation = np.nanmedian(np.abs(known - median), axis=1, keepdims=True) * 1.4826
    near = np.clip(known, median - 5 * deviation, median + 5 * deviation)
    near = np.where(deviation > 0, near, known)
    mean, scale = np.nanmean(near, axis=1, keepdims=True), np.nanstd(near, axis=1, keepdims=True)
    scaled = np.divide(known - mean, scale, out=np.zeros_like(known), where=scale > 0)
    return np.where(covered, np.clip(scaled, -CLIP, CLIP), 0).astype(np.float32)


def blocks(rows: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover so many rows."""
    for start in range(0, rows, size):
        yield slice(start, min(rows, start + size))

"""All lines of spectra: where a matched filter of some width deviates significantly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.continuum import Residual
from deepaas_plugins.methods.lines.smoothing import SCALES

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: A line is summed over so many standard deviations of the filter that sees it best, and at least over this
#: many pixels, to either side.
REACH, LEAST = 3.0, 2
#: Area of a Gaussian over its height and full width at half maximum; a triangle's is 1, a box's too.
GAUSSIAN_AREA = 1.0645


@dataclass(frozen=True)
class Found:
    """Lines of a chunk of spectra, in the order of rows and wavelengths; shape (lines,) each.

    Attributes
    ----------
    row
        Of the chunk.
    wavelength
        Of the extremum, Å.
    ew, ew_error
        Equivalent width, Å, positive in absorption.
    peak
        Largest deviation from the continuum.
    fwhm
        Å, of the line as observed.
    snr
        Of the filter's answer; always positive.
    """

    row: Integers
    wavelength: Floats
    ew: Floats
    ew_error: Floats
    peak: Floats
    fwhm: Floats
    snr: Floats

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.row)


def find(residual: Residual, wavelength: Floats, threshold: float, most: int) -> Found:
    """Find lines.

    Parameters
    ----------
    residual : Residual
        Spectra over their continuum, less one; rows that are not usable are zero.
    wavelength : ndarray
        Å, shape (columns,).
    threshold : float
        Least significance.
    most : int
        Lines of one spectrum, the most significant.

    Returns
    -------
    Found
        Neighbouring extrema of one sign that belong to one line are one.
    """
    values, noise = residual.smoothed[0], residual.noise
    best = np.zeros_like(values)
    scale = np.zeros(values.shape, dtype=np.int64)
    for number in range(1, len(SCALES)):
        answer = residual.smoothed[number] / noise[number][:, None]
        better = np.abs(answer) > np.abs(best)
        np.copyto(best, answer, where=better)
        np.copyto(scale, number, where=better)
    seen = _Seen(best, scale)
    row, column = _extrema(seen, threshold)
    at = _strongest(row, column, np.abs(best[row, column]), most)
    return _measured(residual, wavelength, at, seen)


@dataclass(frozen=True)
class _Seen:
    """The most significant answer of any filter at each pixel, and which filter's it is."""

    answer: Floats
    scale: Integers


def _extrema(seen: _Seen, threshold: float) -> tuple[Integers, Integers]:
    """Return rows and columns of extrema that have no larger one of the same sign within a filter's width."""
    best, scale = seen.answer, seen.scale
    row, column = np.nonzero(np.abs(best) >= threshold)
    here = best[row, column]
    reach = 2.0 * np.array(SCALES)[scale[row, column]]
    last = best.shape[1] - 1
    for shift in range(1, int(2 * max(SCALES)) + 1):
        for side in (-shift, shift):
            there = best[row, np.clip(column + side, 0, last)]
            larger = np.abs(there) > np.abs(here)
            if side < 0:  # of two alike the first one counts
                larger |= there == here
            inside = (column + side >= 0) & (column + side <= last) & (reach >= shift)
            kept = ~(larger & inside & (np.sign(there) == np.sign(here)))
            row, column, here, reach = row[kept], column[kept], here[kept], reach[kept]
    return row, column


def _strongest(row: Integers, column: Integers, size: Floats, most: int) -> tuple[Integers, Integers]:
    """Keep the most significant lines of each row."""
    order = np.lexsort((-size, row))
    place = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    kept = np.sort(order[place < most])
    return row[kept], column[kept]


def _measured(residual: Residual, wavelength: Floats, at: tuple[Integers, Integers], seen: _Seen) -> Found:
    row, column = at
    values = residual.smoothed[0]
    widest = int(np.ceil(REACH * max(SCALES)))
    shifts = np.arange(-widest, widest + 1)
    columns = values.shape[1]
    places = column[:, None] + shifts
    reach = np.maximum(REACH * np.array(SCALES)[seen.scale[at]], LEAST)[:, None]
    inside = (np.abs(shifts) <= reach) & (places >= 0) & (places < columns)
    places = np.clip(places, 0, columns - 1)
    steps = np.gradient(wavelength)[places]
    sign = np.sign(seen.answer[at])
    deviation = values[row[:, None], places] * inside
    own = np.maximum(sign[:, None] * deviation, 0.0)
    area = np.maximum((own * steps).sum(axis=1), 1e-300)
    top = np.maximum((sign[:, None] * deviation).max(axis=1), 1e-300)
    noise = residual.noise[0][row] * residual.correlation[row]
    return Found(
        row=row,
        wavelength=(own * steps * wavelength[places]).sum(axis=1) / area,
        ew=-(deviation * steps).sum(axis=1),
        ew_error=noise * np.sqrt((inside * steps**2).sum(axis=1)),
        peak=sign * top,
        fwhm=area / top / GAUSSIAN_AREA,
        snr=np.abs(seen.answer[at]),
    )

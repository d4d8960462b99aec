"""Measures how spectra were observed, from the pixels that a recipe needs, before it changes them.

The flux alone is looked at: where spectra are read for a recipe that needs no errors, errors are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.batch import NUMBERS, Observations
from spectra.observation.times import Times
from spectra.spectrum import FloatArray, Spectrum
from spectra.steps.flux.snr import der_snr
from spectra.steps.grid import GridCache

#: Pixels in the middle that the noise is measured on, at most: it costs microseconds, not a pass over all.
NOISE_PIXELS = 512
#: Pixels between those that neighbours are compared with.
FAR = 4
#: Signal-to-noise ratios are limited to these: a simulated spectrum has no noise, sky may have no signal.
LEAST_SNR, MOST_SNR = 0.01, 1e6
#: What names an instrument, the largest first.
_INSTRUMENT = ("survey", "telescope", "instrument")
#: Stated resolving powers outside of these are something else.
LEAST_RESOLUTION, MOST_RESOLUTION = 10.0, 1e7


class Observer:
    """Measures the spectra of a recipe.

    Parameters
    ----------
    window
        Which columns of a grid the recipe needs.
    """

    def __init__(self, window: Callable[[FloatArray], slice]) -> None:
        self._window = window
        self._grids: GridCache[tuple[slice, float]] = GridCache()

    def measure(self, spectra: Sequence[Spectrum]) -> Observations:
        """Return coverage, sampling, resolution, noise, instrument and time of spectra.

        Parameters
        ----------
        spectra : sequence of Spectrum
            As read.

        Returns
        -------
        Observations
            One entry for each.
        """
        numbers = np.full((len(spectra), len(NUMBERS)), np.nan, dtype=np.float32)
        lengths: dict[int, tuple[list[int], list[npt.NDArray[Any]]]] = {}
        for row, spectrum in enumerate(spectra):
            window, sampling = self._grids.get(spectrum.wavelength, self._grid)
            flux = spectrum.flux[window]
            rows, fluxes = lengths.setdefault(len(flux), ([], []))
            rows.append(row)
            fluxes.append(flux)
            numbers[row, 1] = sampling
            if "resolution" in spectrum.meta.extra:
                numbers[row, 2] = _stated(spectrum.meta.extra["resolution"])
            elif (width := spectrum.meta.extra.get("resolution_element")) and len(flux):
                inside = spectrum.wavelength[window]
                numbers[row, 2] = _stated(float(inside[len(inside) // 2]) / float(width))
        for length, (rows, fluxes) in lengths.items():
            if length:
                numbers[rows, 0], numbers[rows, 3], numbers[rows, 4] = _measured(np.array(fluxes))
        return Observations(
            numbers,
            [instrument_of(spectrum.meta.extra) for spectrum in spectra],
            Times.of([spectrum.meta.moment for spectrum in spectra]),
        )

    def _grid(self, grid: FloatArray) -> tuple[slice, float]:
        window = self._window(grid)
        inside = grid[window]
        if len(inside) < 2:
            return window, np.nan
        middle = max(1, len(inside) // 2)
        return window, float(inside[middle] / (2.0 * (inside[middle] - inside[middle - 1])))


def detail(flux: FloatArray) -> FloatArray:
    """Return how much neighbouring pixels differ, compared with pixels that are `FAR` apart.

    Parameters
    ----------
    flux : ndarray
        Good pixels, shape (rows, n).

    Returns
    -------
    ndarray
        Shape (rows,): 1 for noise, less the smoother the spectrum and its noise are; NaN where it is flat.
    """
    if flux.shape[1] <= 2 * FAR:
        return np.full(len(flux), np.nan)
    near = np.median(np.abs(flux[:, 1:] - flux[:, :-1]), axis=1)
    far = np.median(np.abs(flux[:, FAR:] - flux[:, :-FAR]), axis=1)
    return np.asarray(np.where(far > 0, near / np.where(far > 0, far, 1.0), np.nan))


def _measured(flux: npt.NDArray[Any]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coverage, detail and signal to noise of spectra of one length, shape (rows,) each."""
    good = np.isfinite(flux)
    good &= flux != 0.0
    share = good.mean(axis=1)
    details, ratios = np.full(len(flux), np.nan), np.full(len(flux), np.nan)
    whole = share == 1.0
    if whole.any():
        used = _middle(flux if whole.all() else flux[whole])
        details[whole], ratios[whole] = detail(used), der_snr(used)
    for row in np.flatnonzero(~whole):
        used = _middle(flux[row : row + 1, good[row]])
        details[row], ratios[row] = detail(used)[0], der_snr(used)[0]
    return share, details, np.clip(ratios, LEAST_SNR, MOST_SNR)


def _middle(flux: npt.NDArray[Any]) -> FloatArray:
    start = max(0, (flux.shape[1] - NOISE_PIXELS) // 2)
    return flux[:, start : start + NOISE_PIXELS].astype(np.float64)


def _stated(value: object) -> float:
    if isinstance(value, int | float) and LEAST_RESOLUTION <= value <= MOST_RESOLUTION:
        return float(value)
    return float("nan")


def instrument_of(extra: Mapping[str, Any]) -> str | None:
    """Return survey, telescope and instrument in one text.

    Parameters
    ----------
    extra : mapping
        `SpectrumMeta.extra`.

    Returns
    -------
    str or None
        None where the file states none of them.
    """
    told = [str(extra[name]).strip() for name in _INSTRUMENT if extra.get(name)]
    return " / ".join(dict.fromkeys(filter(None, told))) or None

"""Starting guesses: velocities by cross-correlation with the mean spectrum, and their periodogram.

For a double-lined star the correlation follows the brighter lines; its period, or half of it, is the orbit's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import taper

FloatArray = npt.NDArray[np.float64]

_ROUNDS = 4
_SAMPLES_PER_PEAK = 8
#: Frequencies of a periodogram, at most.
MOST = 200_000


@dataclass(frozen=True)
class Guess:
    """Velocities and the periods that they suggest.

    Attributes
    ----------
    shifts
        Of each epoch against the mean, pixels, shape (epochs,).
    periods, power
        Of the periodogram, days ascending, and its power (0 to 1), shape (frequencies,) each.
    best
        The most likely periods, the best first.
    """

    shifts: FloatArray
    periods: FloatArray
    power: FloatArray
    best: tuple[float, ...]


def correlation_shifts(composites: Composites, largest: float) -> FloatArray:
    """Return shifts of the epochs against their mean, by cross-correlation, sharpened in a few rounds.

    Parameters
    ----------
    composites : Composites
        The spectra.
    largest : float
        Pixels; peaks are looked for within ± so many.

    Returns
    -------
    ndarray
        Pixels, shape (epochs,), mean 0.
    """
    n = composites.flux.shape[1]
    reach = int(np.clip(np.ceil(largest), 4, n // 3))
    size = int(fft.next_fast_len(n + 2 * reach, real=True))
    transform = fft.rfft(composites.filled() * taper(n), size, axis=1)
    transform[:, 0] = 0.0
    phase = -2j * np.pi / size * np.arange(transform.shape[1])
    shifts = np.zeros(len(composites))
    for _ in range(_ROUNDS):
        moved = transform * np.exp(-phase * shifts[:, None])
        template = moved.mean(axis=0)
        curves = fft.irfft(transform * template.conj(), size, axis=1)
        window = np.concatenate([curves[:, -reach:], curves[:, : reach + 1]], axis=1)
        shifts = _peaks(window) - reach
        shifts -= shifts.mean()
    return shifts


def _peaks(curves: FloatArray) -> FloatArray:
    """Return the place of the largest value of each row, by a parabola through three."""
    rows = np.arange(len(curves))
    top = np.clip(curves.argmax(axis=1), 1, curves.shape[1] - 2)
    left, middle, right = (curves[rows, top + step] for step in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    return np.asarray(top + np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0))


def guess(
    composites: Composites, times: FloatArray, limits: tuple[float, float], largest: float, count: int = 4
) -> Guess:
    """Return velocities, their periodogram and the periods worth a search.

    Parameters
    ----------
    composites : Composites
        The spectra.
    times : ndarray
        Days, shape (epochs,).
    limits : tuple of float
        Shortest and longest period, days.
    largest : float
        Pixels; see `correlation_shifts`.
    count : int
        How many peaks are taken; with each also twice its period.
    """
    from astropy.timeseries import LombScargle  # noqa: PLC0415 - for trainings without a period

    shifts = correlation_shifts(composites, largest)
    span = max(float(np.ptp(times)), 1e-6)
    low, high = 1.0 / limits[1], 1.0 / limits[0]
    frequencies = np.linspace(low, high, int(np.clip((high - low) * span * _SAMPLES_PER_PEAK, 50, MOST)))
    scatter = float(shifts.std())
    if scatter == 0.0:
        return Guess(shifts, 1.0 / frequencies[::-1], np.zeros(len(frequencies)), ())
    power = LombScargle(times, shifts / scatter, fit_mean=True).power(frequencies)
    power = np.nan_to_num(np.asarray(power))
    best: list[float] = []
    for place in np.argsort(power)[::-1]:
        if len(best) == count:
            break
        if all(abs(frequencies[place] - 1.0 / one) > 1.0 / span for one in best):
            best.append(float(1.0 / frequencies[place]))
    doubled = [2.0 * one for one in best if 2.0 * one <= limits[1]]
    return Guess(shifts, 1.0 / frequencies[::-1], power[::-1], (*best, *doubled))

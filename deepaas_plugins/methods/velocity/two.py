"""Two velocities of a double-lined binary at once: TODCOR (Zucker & Mazeh 1994)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.velocity.correlation import Correlator

Floats = npt.NDArray[np.float64]

#: Two components count when they explain the spectrum so much better than one (share of what one leaves).
GAIN = 0.05
#: Fainter secondaries than this share of the primary's light are none.
LEAST_RATIO = 0.02


@dataclass(frozen=True)
class Pair:
    """The two components of a spectrum.

    Attributes
    ----------
    places
        Of both, in columns from the middle; the first has the primary's template.
    ratio
        Strength of the second over the first.
    height
        Of the two-dimensional correlation.
    template
        Number of the secondary's.
    double
        Whether two explain it better than one.
    """

    places: tuple[float, float]
    ratio: float
    height: float
    template: int
    double: bool


def pair(correlations: Floats, templates: Floats, first: int, correlator: Correlator) -> Pair:
    """Find the two components of a spectrum.

    Parameters
    ----------
    correlations : ndarray
        Of the spectrum with every template, shape (templates, lags).
    templates : ndarray
        Shape (templates, columns + 2 reach).
    first : int
        Number of the primary's template.
    correlator : Correlator
        Of the spectra.

    Returns
    -------
    Pair
        The best of all secondary templates.
    """
    reach, columns = correlator.reach, correlator.columns
    lags = correlations.shape[1]
    difference = np.arange(lags)[None, :] - np.arange(lags)[:, None] + 2 * reach
    surfaces = (
        _surface(
            correlations[first],
            second,
            _between(templates[first], templates[number], 2 * reach, columns, reach)[difference],
        )
        for number, second in enumerate(correlations)
    )
    number, (squared, ratio) = max(enumerate(surfaces), key=lambda one: float(one[1][0].max()))
    one, two = divmod(int(squared.argmax()), lags)
    height = float(squared[one, two])
    alone = float(np.clip(correlations.max(), 0.0, 0.999999)) ** 2
    middle = (lags - 1) / 2
    places = (
        one + _fraction(squared[:, two], one) - middle,
        two + _fraction(squared[one], two) - middle,
    )
    double = height > 0 and (1.0 - height) < (1.0 - GAIN) * (1.0 - alone)
    return Pair(places, float(ratio[one, two]), float(np.sqrt(max(height, 0.0))), number, double)


def _surface(first: Floats, second: Floats, between: Floats) -> tuple[Floats, Floats]:
    """Return the squared correlation with two templates, and their ratio, at all pairs of shifts."""
    c1, c2, c12 = first[:, None], second[None, :], np.clip(between, -0.999, 0.999)
    rest = 1.0 - c12**2
    below = c1 - c2 * c12
    ratio = (c2 - c1 * c12) / np.where(np.abs(below) > 1e-9, below, 1e-9)
    # Where both templates lie upon each other nothing is known of their shares.
    able = (ratio >= LEAST_RATIO) & (ratio <= 1.0 / LEAST_RATIO) & (rest > 0.05)
    return np.where(able, (c1**2 - 2.0 * c1 * c2 * c12 + c2**2) / rest, -1.0), ratio


def _between(first: Floats, second: Floats, lags: int, columns: int, reach: int) -> Floats:
    """Return the correlation of two templates over the spectra's columns, shifts −lags to lags."""
    size = len(first)
    a, b = (one[reach : reach + columns] for one in (first, second))
    whole = np.fft.irfft(np.conj(np.fft.rfft(a, 2 * size)) * np.fft.rfft(b, 2 * size), 2 * size)
    raw = np.concatenate([whole[-lags:], whole[: lags + 1]])[::-1]
    return np.asarray(raw / np.sqrt(max(float((a**2).sum() * (b**2).sum()), 1e-30)))


def _fraction(values: Floats, at: int) -> float:
    if not 0 < at < len(values) - 1:
        return 0.0
    low, mid, high = values[at - 1 : at + 2]
    curvature = low - 2.0 * mid + high
    if curvature >= 0 or min(low, high) < 0:
        return 0.0
    return float(np.clip(0.5 * (low - high) / curvature, -0.5, 0.5))

"""Measures a chunk of spectra: the best template, the velocity with its error, a second peak, and a flag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.velocity.correlation import (
    LIGHT_SPEED,
    Correlator,
    Peak,
    Standard,
    bisector,
    independent,
    peaks,
    sigma,
    standard,
)
from deepaas_plugins.methods.velocity.templates import Grid
from deepaas_plugins.methods.velocity.two import Pair, pair

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

#: Quality of a velocity, the worst first; the last is good.
FLAGS = ("no lines", "edge", "weak", "ambiguous", "negative flux", "good")
NO_LINES, EDGE, WEAK, AMBIGUOUS, NEGATIVE, GOOD = range(len(FLAGS))


@dataclass(frozen=True)
class Measured:
    """What was measured of a chunk; arrays have shape (rows,).

    Attributes
    ----------
    velocity, sigma
        km/s.
    template
        Number of the best one.
    correlation
        At the peak.
    r
        Of Tonry and Davis: height over the noise of the correlation.
    second, second_velocity
        Height and velocity of the next peak; NaN without one.
    bisector
        Inverse slope of it, km/s; NaN where it was not asked for or cannot be measured.
    flag
        Number in `FLAGS`.
    curve
        Correlation with the best template, shape (rows, lags).
    pairs
        The two components of each row, where they were asked for.
    """

    velocity: Floats
    sigma: Floats
    template: Numbers
    correlation: Floats
    r: Floats
    second: Floats
    second_velocity: Floats
    bisector: Floats
    flag: Numbers
    curve: Floats
    pairs: list[Pair] | None


class Meter:
    """Measures spectra on one grid against the same templates.

    Parameters
    ----------
    grid
        Of the spectra.
    templates
        Shape (templates, columns + 2 reach).
    params
        Of `TrainParameters`.
    """

    def __init__(self, grid: Grid, templates: Floats, params: Mapping[str, Any]) -> None:
        self.grid, self.templates, self._params = grid, templates, params
        self._correlator = Correlator(len(grid.wavelength), grid.reach)

    @property
    def velocities(self) -> Floats:
        """Velocity of each lag.

        Returns
        -------
        ndarray
            km/s, shape (lags,).
        """
        return speed(np.arange(-self.grid.reach, self.grid.reach + 1.0) * self.grid.step)

    def measure(self, flux: npt.NDArray[np.floating], own: Numbers | None = None) -> Measured:
        """Measure rows.

        Parameters
        ----------
        flux : ndarray
            Shape (rows, columns).
        own : ndarray, optional
            Number of the template that each row is itself, which it is not held against, −1: of none; shape
            (rows,).

        Returns
        -------
        Measured
            One entry per row.
        """
        line = standard(flux, self._params["smooth"] / self.grid.step)
        transformed = self._correlator.transformed(line.flux)
        rows, two = len(flux), self._params["components"] == 2
        curve = np.full((rows, 2 * self.grid.reach + 1), -np.inf)
        template = np.zeros(rows, dtype=np.int64)
        every = np.empty((rows, len(self.templates), curve.shape[1]), dtype=np.float32) if two else None
        for number, one in enumerate(self.templates):
            found = self._correlator.correlation(transformed, one)
            if every is not None:
                every[:, number] = found
            better = found.max(axis=1) > curve.max(axis=1)
            if own is not None:
                better &= own != number
            curve[better], template[better] = found[better], number
        curve = np.where(np.isfinite(curve), curve, 0.0)
        return self._read(line, curve, template, every)

    def _read(
        self, line: Standard, curve: Floats, template: Numbers, every: npt.NDArray[np.float32] | None
    ) -> Measured:
        peak = peaks(curve)
        error = sigma(peak, independent(self._residual(line.flux, template, peak)))
        r = peak.height / np.maximum(np.sqrt(2.0) * peak.noise, 1e-9)
        step, rows = self.grid.step, len(curve)
        wanted = self._params["bisector"]
        pairs = None
        if every is not None:
            pairs = [
                pair(every[row].astype(np.float64), self.templates, int(template[row]), self._correlator)
                for row in range(rows)
            ]
        return Measured(
            speed(peak.place * step),
            error * step,
            template,
            peak.height,
            r,
            peak.second,
            speed(peak.second_place * step),
            bisector(curve, peak) * step if wanted else np.full(rows, np.nan),
            self._flag(line, peak, r),
            curve,
            pairs,
        )

    def _residual(self, flux: Floats, template: Numbers, peak: Peak) -> Floats:
        """Return what the best template, at its best whole shift, leaves of each row."""
        first = self.grid.reach - np.rint(peak.place).astype(np.int64)
        columns = np.clip(first, 0, 2 * self.grid.reach)[:, None] + np.arange(flux.shape[1])
        fitted = self.templates[template[:, None], columns]
        length = np.sqrt((fitted**2).sum(axis=1, keepdims=True))
        return np.asarray(flux - peak.height[:, None] * fitted / np.maximum(length, 1e-12))

    def _flag(self, line: Standard, peak: Peak, r: Floats) -> Numbers:
        flag = np.full(len(r), GOOD)
        flag[line.negative] = NEGATIVE
        flag[peak.second >= self._params["ambiguous"] * peak.height] = AMBIGUOUS
        flag[r < self._params["least_r"]] = WEAK
        flag[peak.edge] = EDGE
        flag[(line.flux == 0).all(axis=1) | (peak.height <= 0)] = NO_LINES
        return flag


def speed(logarithmic: Floats) -> Floats:
    """Return the velocity of a shift of the logarithm: v = c z with z = exp(shift / c) − 1.

    Parameters
    ----------
    logarithmic : ndarray
        The shift times c, km/s, any shape.

    Returns
    -------
    ndarray
        km/s, same shape.
    """
    return np.asarray(LIGHT_SPEED * np.expm1(logarithmic / LIGHT_SPEED))


def answers(names: list[str], templates: list[str], measured: Measured) -> list[dict[str, Any]]:
    """Return what is answered for each spectrum; NaN as None.

    Parameters
    ----------
    names : list of str
        Of the rows.
    templates : list of str
        Of the templates.
    measured : Measured
        Of the rows.

    Returns
    -------
    list of Json
        ``velocity, sigma, template, correlation, r, second, second_velocity, bisector, flag``, and of two
        components ``velocity_1, velocity_2, ratio, double``.
    """
    found = []
    for row, name in enumerate(names):
        good = measured.flag[row] != NO_LINES
        answer: dict[str, Any] = {"name": name, "flag": FLAGS[measured.flag[row]]}
        answer["template"] = templates[measured.template[row]] if good else None
        for key in ("velocity", "sigma", "correlation", "r", "second", "second_velocity", "bisector"):
            value = float(getattr(measured, key)[row])
            answer[key] = value if good and np.isfinite(value) else None
        found.append(answer)
    return found

"""Whether a spectrum was observed like those of the training set: coverage, resolution, signal to noise.

Each is compared with the quantiles of the training spectra. What differs by less than `near` is no
difference; beyond the whole range of the training set by more than `far` (or a quarter of that range) nothing
is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from spectra.batch import NUMBERS, Observations

FloatArray = npt.NDArray[np.float64]
Json = dict[str, Any]

#: Nodes of the quantile functions; the quantiles that bound what is usual.
NODES, LOW, HIGH = 201, 0.005, 0.995
#: Fewer known training spectra, or a smaller share of them all, tell nothing.
FEWEST, SHARE = 20, 0.9
#: A distance of this begins the edge, 1 ends it: as distances in flux are about 0.8 at their 95 % quantile.
EDGE = 0.8
#: Nearer than this, relative, to a bound of what is usual, a value is judged by itself.
CLEARLY = 1e-9


class _Rule(NamedTuple):
    what: str
    title: str
    ratio: bool  # compared as a ratio (logarithm), not as a difference
    above: bool  # whether too much of it is judged too: more signal or coverage is no fault
    near: float
    far: float


_RULES = {
    "coverage": _Rule("coverage", "the share of good pixels", False, False, 0.05, 0.2),
    "sampling": _Rule("resolution", "the sampling (wavelength over two pixels)", True, True, 1.1, 1.4),
    "resolution": _Rule("resolution", "the resolving power", True, True, 1.1, 1.4),
    "detail": _Rule("resolution", "the difference of neighbouring pixels (of 1)", True, False, 1.25, 1.4),
    "snr": _Rule("snr", "the signal-to-noise ratio per pixel", True, False, 1.25, 2.0),
}


class Cause(NamedTuple):
    """Why a spectrum is not inside the domain.

    Attributes
    ----------
    what
        ``flux``, ``coverage``, ``resolution`` or ``snr``.
    distance
        Above `EDGE`; above 1 the spectrum is outside.
    facts
        As answers carry them: ``what``, ``measure`` (one of `spectra.batch.NUMBERS`), ``state``, ``value``,
        ``quantile``, ``low``, ``high``, ``reason``.
    """

    what: str
    distance: float
    facts: Json


@dataclass(frozen=True)
class Conditions:
    """How the training spectra were observed.

    Attributes
    ----------
    quantiles
        Quantile function of each of `NUMBERS` at `NODES` equal steps, shape (NODES, 5); NaN: not judged.
    """

    quantiles: FloatArray

    @classmethod
    def fit(cls, observations: Observations | None) -> Self | None:
        """Return the conditions of training spectra.

        Parameters
        ----------
        observations : Observations or None
            Of them.

        Returns
        -------
        Conditions or None
            None where none of the numbers is known of enough spectra.
        """
        if observations is None:
            return None
        quantiles = np.full((NODES, len(NUMBERS)), np.nan)
        for place, values in enumerate(observations.numbers.T.astype(np.float64)):
            known = values[np.isfinite(values)]
            if len(known) >= max(FEWEST, SHARE * len(values)):
                quantiles[:, place] = np.quantile(known, np.linspace(0.0, 1.0, NODES))
        return cls(quantiles) if np.isfinite(quantiles).any() else None

    def causes(self, observations: Observations) -> list[list[Cause]]:
        """Return why spectra are not inside, of each of them.

        Parameters
        ----------
        observations : Observations
            Of the spectra.

        Returns
        -------
        list of list of Cause
            Empty where a spectrum was observed as the training set was, or nothing is known of it.
        """
        found: list[list[Cause]] = [[] for _ in range(len(observations))]
        numbers = observations.numbers.astype(np.float64)
        stated = numbers[:, NUMBERS.index("resolution")]
        for place, name in enumerate(NUMBERS):
            if not np.isfinite(self.quantiles[:, place]).all():
                continue
            judged = np.isfinite(numbers[:, place])
            if name == "sampling" and np.isfinite(self.quantiles[:, NUMBERS.index("resolution")]).all():
                # Where the resolving power is stated on both sides, pixels tell nothing more.
                judged &= ~np.isfinite(stated)
            # Nearly all spectra are as usual: these are told at once, and only the others one by one.
            usual = self._usual[name].holds(numbers[:, place])
            for row in np.flatnonzero(judged & ~usual).tolist():
                cause = _judged(name, float(numbers[row, place]), self.quantiles[:, place])
                if cause is not None:
                    found[row].append(cause)
        return found

    @cached_property
    def _usual(self) -> dict[str, _Usual]:
        """The values of each number that give no cause."""
        known = np.flatnonzero(np.isfinite(self.quantiles).all(axis=0)).tolist()
        return {NUMBERS[place]: _usual(NUMBERS[place], self.quantiles[:, place]) for place in known}

    @classmethod
    def of_array(cls, quantiles: npt.NDArray[Any]) -> Self:
        """Return the conditions of a saved array.

        Raises
        ------
        InvalidInput
            It is none of conditions.
        """
        fits = quantiles.shape == (NODES, len(NUMBERS)) and quantiles.dtype.kind == "f"
        if not fits or np.isinf(quantiles).any() or (np.diff(quantiles, axis=0) < 0).any():
            raise InvalidInput("The stored domain of the model is damaged: its conditions are none.")
        return cls(quantiles.astype(np.float64))


@dataclass(frozen=True)
class _Usual:
    """Values between two bounds, which stand a little inside those of `_judged`."""

    least: float
    most: float

    def holds(self, values: FloatArray) -> npt.NDArray[np.bool_]:
        """Return of each value whether it is surely between the bounds, shape (rows,)."""
        return np.asarray((values > self.least) & (values < self.most))


def _usual(name: str, quantiles: FloatArray) -> _Usual:
    rule = _RULES[name]
    low, high = np.interp([LOW, HIGH], np.linspace(0.0, 1.0, NODES), quantiles).tolist()
    least, most = (low / rule.near, high * rule.near) if rule.ratio else (low - rule.near, high + rule.near)
    inside = CLEARLY * max(abs(least), abs(most))
    return _Usual(least + inside, most - inside if rule.above else np.inf)


def _judged(name: str, value: float, quantiles: FloatArray) -> Cause | None:
    rule, steps = _RULES[name], np.linspace(0.0, 1.0, NODES)
    usual = np.interp([LOW, HIGH], steps, quantiles)
    ends = np.array([usual[0], usual[1], quantiles[0], quantiles[-1], value])
    if rule.ratio:
        ends = np.log(np.maximum(ends, np.finfo(float).tiny))
    near, far = (np.log(rule.near), np.log(rule.far)) if rule.ratio else (rule.near, rule.far)
    low, high, least, most, place = ends.tolist()
    margin = max(far, (most - least) / 4)
    below = (low - near - place) / (low - near - (least - margin))
    above = (place - high - near) / (most + margin - high - near) if rule.above else -1.0
    beyond = max(below, above)
    if beyond <= 0:
        return None
    distance = EDGE + (1 - EDGE) * beyond
    quantile = float(np.mean(quantiles < value))
    state = "outside" if distance > 1.0 else "edge"
    side = "lower" if below > above else "higher"
    reason = (
        f"{rule.title}, {value:.3g}, is {side} than usual in the training set "
        f"({quantiles[0]:.3g} to {quantiles[-1]:.3g})"
    )
    facts = {"what": rule.what, "measure": name, "state": state, "value": value, "quantile": quantile}
    facts |= {"low": float(quantiles[0]), "high": float(quantiles[-1]), "reason": reason}
    return Cause(rule.what, distance, facts)

"""Resampling to a common grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from marshmallow import Schema, ValidationError, validates_schema

from spectra.fault import Reason
from spectra.spectrum import FloatArray
from spectra.steps.axis.weights import IndexArray, Weights, spans
from spectra.steps.block import Block
from spectra.steps.grid import GridCache, bin_edges, bracket, shortfall
from spectra.steps.parameters import choice, integer, number, numbers
from spectra.steps.step import Step

MOST_POINTS = 100_000


class ResampleSchema(Schema):
    """Parameters of `Resample`."""

    minimum = number("From", "First wavelength of the grid, in vacuum.", None, above=0.0, unit="Å")
    maximum = number("To", "Last wavelength of the grid, in vacuum.", None, above=0.0, unit="Å")
    points = integer("Points", "How many points the grid has.", None, minimum=2, maximum=MOST_POINTS)
    spacing = number(
        "Spacing",
        "Distance of points instead of their number: in Å, or in log10(wavelength/Å) for a logarithmic grid. "
        "The grid then ends at or just before its last wavelength.",
        None,
        above=0.0,
        advanced=True,
    )
    sampling = choice(
        "Sampling", "Points equally far apart in wavelength or in its logarithm.", ["linear", "log"], "linear"
    )
    method = choice(
        "Method",
        "Linear interpolation between pixels, or averages over the new pixels that conserve the flux (better "
        "when the new pixels are wider).",
        ["linear", "flux-conserving"],
        "linear",
    )
    wavelength = numbers(
        "Wavelengths",
        "The grid itself, ascending, instead of the parameters above.",
        None,
        unit="Å",
        advanced=True,
    )

    @validates_schema
    def _one_grid(self, data: dict[str, Any], **_: Any) -> None:
        given = [name for name in ("minimum", "maximum", "points", "spacing") if data[name] is not None]
        if data["wavelength"] is not None:
            if given:
                raise ValidationError(f"cannot be given together with {', '.join(given)}", "wavelength")
            _check_wavelengths(np.asarray(data["wavelength"], dtype=np.float64))
            return
        for name in ("minimum", "maximum"):
            if data[name] is None:
                raise ValidationError("is missing (or give wavelength)", name)
        if data["minimum"] >= data["maximum"]:
            raise ValidationError(f"must be longer than minimum ({data['minimum']} Å)", "maximum")
        if (data["points"] is None) == (data["spacing"] is None):
            raise ValidationError("give either points or spacing", "points")
        if data["spacing"] is not None and not 2 <= _points(data) <= MOST_POINTS:
            raise ValidationError(f"makes {_points(data)} points; 2 to {MOST_POINTS} are possible", "spacing")


def _check_wavelengths(grid: FloatArray) -> None:
    if not 2 <= len(grid) <= MOST_POINTS:
        raise ValidationError(f"has {len(grid)} points; 2 to {MOST_POINTS} are possible", "wavelength")
    if not np.isfinite(grid).all() or grid[0] <= 0 or (np.diff(grid) <= 0).any():
        raise ValidationError("must be positive and ascending", "wavelength")


def _points(data: dict[str, Any]) -> int:
    minimum, maximum = data["minimum"], data["maximum"]
    span = maximum - minimum if data["sampling"] == "linear" else np.log10(maximum / minimum)
    return int(np.floor(min(span / data["spacing"], 1e9) + 1e-9)) + 1


def make_grid(data: dict[str, Any]) -> FloatArray:
    """Make the grid that checked parameters describe.

    Parameters
    ----------
    data : dict
        Checked parameters of `Resample`.

    Returns
    -------
    ndarray
        Wavelengths in Å, ascending, shape (n,), float64.
    """
    if data["wavelength"] is not None:
        return np.asarray(data["wavelength"], dtype=np.float64)
    minimum, maximum = data["minimum"], data["maximum"]
    if data["points"] is not None:
        make = np.linspace if data["sampling"] == "linear" else np.geomspace
        return np.asarray(make(minimum, maximum, data["points"]), dtype=np.float64)
    steps = np.arange(_points(data)) * data["spacing"]
    grid: FloatArray = minimum + steps if data["sampling"] == "linear" else minimum * 10.0**steps
    return grid


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of resampling from one grid.

    Parameters
    ----------
    reason
        Why it is impossible, or None.
    window
        Columns of the old grid that take part.
    linear
        Number of the pixel left of each new point within the window, and how far the point is towards the
        right one, 0 to 1; None for averages.
    weights
        The same, or the averages, as weights of the window's pixels; None where they are not needed.
    """

    reason: Reason | None
    window: slice
    linear: tuple[IndexArray, FloatArray] | None = None
    weights: Weights | None = None


class Resample(Step):
    """Bring every spectrum to the same grid.

    Linear interpolation is `numpy.interp`'s. The flux-conserving rule is that of SpectRes (Carnall 2017,
    arXiv:1705.05165, equation 4): a new pixel is the mean of the old ones weighted by their overlap;
    variances follow equation 5. A spectrum must cover the grid; it may miss up to half of its own pixel at
    either end, points out there take the value of its outermost pixel. What does not cover is rejected, the
    grid never shrinks.
    """

    name = "resample"
    title = "Resample"
    help = (
        "Brings every spectrum to the same grid of wavelengths. A spectrum that does not cover the grid is "
        "rejected; it may miss half of its own pixel at either end."
    )
    schema = ResampleSchema
    domain = "spectral"

    def set_up(self) -> None:
        """Make the grid; remember a plan per old grid."""
        self.target = make_grid(self.parameters)
        self.target.setflags(write=False)
        self.linear = self.parameters["method"] == "linear"
        self._plans: GridCache[Plan] = GridCache()
        self._weights: GridCache[Weights] = GridCache()

    def window(self, grid: FloatArray) -> slice:
        """Return the columns that take part in resampling.

        Parameters
        ----------
        grid : ndarray
            Wavelengths in Å, ascending, shape (n,).

        Returns
        -------
        slice
            All columns where the spectrum will be rejected.
        """
        return self._plans.get(grid, self.plan).window

    def apply(self, block: Block) -> Block:
        """Resample flux, inverse variance and mask."""
        plan = self._plans.get(block.grid, self.plan)
        if plan.reason is not None:
            return block.reject_all(plan.reason)
        part = block.columns_of(plan.window, block.grid)
        if plan.linear is not None and part.ivar is None and part.mask is None:
            return replace(part, wavelength=self.target, flux=interpolated(part.flux, *plan.linear))
        weights = plan.weights or self._weights.get(block.grid, lambda _: _linear_weights(plan))
        return replace(
            part,
            wavelength=self.target,
            flux=interpolated(part.flux, *plan.linear) if plan.linear else weights.flux(part.flux),
            ivar=None if part.ivar is None else weights.ivar(part.ivar),
            mask=None if part.mask is None else weights.mask(part.mask),
        )

    def plan(self, grid: FloatArray) -> Plan:
        """Return the plan of resampling from a grid.

        Parameters
        ----------
        grid : ndarray
            Wavelengths in Å, ascending, shape (n,).

        Returns
        -------
        Plan
            Positions or weights for every spectrum on this grid, or why these are rejected.
        """
        target = self.target
        reason = shortfall(grid, float(target[0]), float(target[-1]))
        if reason is not None:
            return Plan(reason, slice(0, len(grid)))
        if self.linear:
            window = bracket(grid, float(target[0]), float(target[-1]))
            return Plan(None, window, linear=_places(grid[window], target))
        edges = bin_edges(target)
        window = bracket(grid, float(edges[0]), float(edges[-1]))
        # One more pixel at either end: those that overlap keep the width that they have in the whole grid.
        window = slice(max(window.start - 1, 0), min(window.stop + 1, len(grid)))
        return Plan(None, window, weights=overlap_weights(bin_edges(grid[window]), edges))


def _places(grid: FloatArray, target: FloatArray) -> tuple[IndexArray, FloatArray]:
    left = np.clip(np.searchsorted(grid, target, side="right") - 1, 0, len(grid) - 2)
    return left, np.clip((target - grid[left]) / (grid[left + 1] - grid[left]), 0.0, 1.0)


def interpolated(flux: FloatArray, left: IndexArray, far: FloatArray) -> FloatArray:
    """Interpolate linearly along the last axis.

    Parameters
    ----------
    flux : ndarray
        Shape (rows, n).
    left : ndarray
        Pixel to the left of each new point, shape (new,), at most n − 2.
    far : ndarray
        How far each new point is on the way to the next pixel, 0 to 1, shape (new,).

    Returns
    -------
    ndarray
        Shape (rows, new), in the unit of `flux`; NaN where either pixel is.
    """
    # In place: the block is the largest array, and memory traffic limits the speed.
    low = flux.take(left, axis=-1)
    high = flux.take(left + 1, axis=-1)
    with np.errstate(invalid="ignore"):
        high -= low
        high *= far
        high += low
    return high


def _linear_weights(plan: Plan) -> Weights:
    if plan.linear is None:
        raise ValueError("averages have weights already")
    left, far = plan.linear
    rows = np.arange(len(left))
    return Weights(
        np.concatenate((1.0 - far, far)),
        np.concatenate((rows, rows)),
        np.concatenate((left, left + 1)),
        (len(left), plan.window.stop - plan.window.start),
    )


def overlap_weights(old: FloatArray, new: FloatArray) -> Weights:
    """Return the share that each old pixel has in each new one.

    Parameters
    ----------
    old, new
        Edges of the pixels, ascending, shapes (n + 1,) and (m + 1,).

    Returns
    -------
    Weights
        They sum to 1 over the part of each new pixel that is covered; a new pixel that no old one overlaps
        takes the nearest.
    """
    first = np.clip(np.searchsorted(old, new[:-1], side="right") - 1, 0, len(old) - 2)
    last = np.clip(np.searchsorted(old, new[1:], side="left") - 1, first, len(old) - 2)
    rows, columns = spans(first, last)
    overlap = np.minimum(old[columns + 1], new[rows + 1]) - np.maximum(old[columns], new[rows])
    overlap = np.maximum(overlap, 0.0)
    total = np.bincount(rows, overlap, minlength=len(first))
    alone = total == 0.0
    overlap[alone[rows]] = 1.0
    total[alone] = (last - first + 1)[alone]
    return Weights(overlap / total[rows], rows, columns, (len(first), len(old) - 1))

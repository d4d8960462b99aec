"""Scaling of each spectrum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from marshmallow import Schema

from spectra.fault import Fault, Reason
from spectra.spectrum import BoolArray, FloatArray
from spectra.steps.block import Block
from spectra.steps.parameters import choice
from spectra.steps.step import Step

METHODS = ("minmax", "unit", "l2", "median", "zscore")


class ScaleSchema(Schema):
    """Parameters of `Scale`."""

    method = choice(
        "Method",
        "minmax: smallest value −1, largest 1; unit: 0 and 1; l2: sum of squares 1; median: median 1; "
        "zscore: mean 0, standard deviation 1.",
        METHODS,
        "minmax",
    )


class Scale(Step):
    """Scale each spectrum by its own numbers.

    A flux that is constant (or zero, for `l2`; or whose median is not positive, for `median`) has no scale
    and is rejected.
    """

    name = "scale"
    title = "Scale"
    help = "Scales each spectrum by its own numbers. Spectra of constant flux are rejected."
    schema = ScaleSchema

    def apply(self, block: Block) -> Block:
        """Scale all rows."""
        method: str = self.parameters["method"]
        offset, divisor, reason = _measure(block.flux, method)
        # A row with a value that is not finite has no scale either, but the reason is another: it passes as
        # it is and is rejected at the end of the recipe.
        bad: BoolArray = np.asarray(~(divisor > 0.0) & np.isfinite(divisor))
        good: BoolArray = np.asarray(~bad)
        block = block.reject(bad, Reason(Fault.NOT_SCALABLE, reason))
        offset, divisor = offset[good, None], divisor[good, None]
        with np.errstate(invalid="ignore"):
            flux = (block.flux - offset) / divisor
            if method == "minmax":
                flux = 2.0 * flux - 1.0
            ivar = (
                None
                if block.ivar is None
                else block.ivar * (divisor if method != "minmax" else divisor / 2) ** 2
            )
        return replace(block, flux=flux, ivar=ivar)


def _measure(flux: FloatArray, method: str) -> tuple[FloatArray, FloatArray, str]:
    zero = np.zeros(len(flux))
    with np.errstate(invalid="ignore", over="ignore"):
        if method == "l2":
            return zero, np.sqrt(np.einsum("ij,ij->i", flux, flux)), "its flux is zero, it cannot be scaled"
        if method == "median":
            return (
                zero,
                _row_median(flux),
                "the median of its flux is not positive, it cannot be scaled by it",
            )
        constant = "its flux is constant, it cannot be scaled"
        if method == "zscore":
            return flux.mean(axis=1), _nonzero_spread(flux, flux.std(axis=1)), constant
        low = flux.min(axis=1)
        return low, _nonzero_spread(flux, flux.max(axis=1) - low), constant


def _nonzero_spread(flux: FloatArray, spread: FloatArray) -> FloatArray:
    """Return 0 where a spread is nothing but rounding."""
    floor = 1e-12 * np.abs(flux).max(axis=1)
    return np.where(spread <= floor, 0.0, spread)


def _row_median(flux: FloatArray) -> FloatArray:
    """Return the medians of rows; NaN for rows that hold NaN, without a warning."""
    broken: BoolArray = np.asarray(~np.isfinite(flux).all(axis=1))
    median = np.median(np.where(broken[:, None], 1.0, flux), axis=1)
    return np.where(broken, np.nan, median)

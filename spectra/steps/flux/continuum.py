"""Continuum normalisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from marshmallow import Schema

from spectra.fault import Fault, Reason
from spectra.spectrum import BoolArray, FloatArray
from spectra.steps.block import Block
from spectra.steps.flux.continuum_basis import chebyshev_basis, spline_basis
from spectra.steps.flux.continuum_fit import asymmetric_fit, clipped_fit, running_quantile
from spectra.steps.grid import GridCache
from spectra.steps.parameters import choice, integer, number
from spectra.steps.step import Step


class ContinuumSchema(Schema):
    """Parameters of `Continuum`."""

    method = choice(
        "Method",
        "polynomial, spline: least squares with sigma clipping; quantile: running quantile in a window; "
        "asymmetric: asymmetric least squares, which follows the upper (or lower) envelope; alpha-shape: the "
        "envelope on which a ball rolls that is too wide for the lines.",
        ["polynomial", "spline", "quantile", "asymmetric", "alpha-shape"],
        "polynomial",
    )
    operation = choice(
        "Operation", "Divide the flux by the continuum, or subtract it.", ["divide", "subtract"], "divide"
    )
    degree = integer("Degree", "Of the polynomial.", 5, minimum=0, maximum=30)
    knots = integer(
        "Knots", "Inner knots of the cubic spline, equally far apart.", 10, minimum=0, maximum=200
    )
    lower = number(
        "Lower clipping", "Pixels so many σ below the fit are left out (absorption lines).", 2.0, above=0.0,
        maximum=100.0, unit="σ",
    )  # fmt: skip
    upper = number(
        "Upper clipping", "Pixels so many σ above the fit are left out (emission lines).", 3.0, above=0.0,
        maximum=100.0, unit="σ",
    )  # fmt: skip
    rounds = integer("Clipping rounds", "Most rounds of clipping.", 5, minimum=0, maximum=50, advanced=True)
    window = number("Window", "Width of the running quantile.", 200.0, above=0.0, unit="Å")
    quantile = number(
        "Quantile", "Which quantile of the window; 0.5 is the median.", 0.5, minimum=0.0, maximum=1.0
    )
    smoothness = number(
        "Smoothness", "Of asymmetric least squares (λ).", 1e6, above=0.0, maximum=1e12, advanced=True
    )
    radius = number(
        "Radius", "Of the ball of the alpha shape: several times the width of the broadest line.", 150.0,
        above=0.0, unit="Å", advanced=True,
    )  # fmt: skip
    smoothing = number(
        "Smoothing", "Before the ball rolls (standard deviation): it would ride upon the noise.", 5.0,
        minimum=0.0, maximum=1000.0, unit="Å", advanced=True,
    )  # fmt: skip
    asymmetry = number(
        "Asymmetry", "Weight of pixels above the continuum in asymmetric least squares (p); those below get "
        "1 − p.",
        0.9, minimum=0.001, maximum=0.999, advanced=True,
    )  # fmt: skip


class Continuum(Step):
    """Estimate the continuum of each spectrum and divide by it or subtract it.

    Pixels that are masked or not finite have no weight. A continuum that is not positive everywhere cannot be
    divided by: such spectra are rejected.
    """

    name = "continuum"
    title = "Continuum"
    help = "Estimates the continuum of each spectrum and divides by it (or subtracts it)."
    schema = ContinuumSchema
    domain = "spectral"
    needs = frozenset({"mask"})

    def set_up(self) -> None:
        """Remember a basis per grid."""
        self._bases: GridCache[FloatArray] = GridCache(64)

    def apply(self, block: Block) -> Block:
        """Normalise all rows."""
        good = np.isfinite(block.flux)
        if block.mask is not None:
            good &= ~block.mask
        enough: BoolArray = np.asarray(good.sum(axis=1) > self._unknowns())
        block = block.reject(
            np.logical_not(enough),
            Reason(
                Fault.TOO_SHORT,
                f"it has too few good pixels for a continuum (more than {self._unknowns()} are needed)",
            ),
        )
        if not len(block):
            return block
        flux = np.where(good[enough], block.flux, 0.0)
        continuum = self._fit(flux, good[enough], block.grid)
        if self.parameters["operation"] == "subtract":
            return replace(block, flux=block.flux - continuum)
        typical = np.median(np.abs(continuum), axis=1, keepdims=True)
        bad: BoolArray = np.asarray(~(continuum > 1e-6 * typical).all(axis=1))
        block = block.reject(
            bad,
            Reason(
                Fault.NOT_SCALABLE, "its continuum is not positive everywhere, it cannot be divided by it"
            ),
        )
        continuum = continuum[~bad]
        ivar = None if block.ivar is None else block.ivar * continuum**2
        return replace(block, flux=block.flux / continuum, ivar=ivar)

    def _unknowns(self) -> int:
        method = self.parameters["method"]
        counts = {"polynomial": self.parameters["degree"] + 1, "spline": self.parameters["knots"] + 4}
        return int(counts.get(method, 3))

    def _fit(self, flux: FloatArray, good: BoolArray, grid: FloatArray) -> FloatArray:
        chosen = self.parameters
        if chosen["method"] == "quantile":
            return running_quantile(flux, good, grid, chosen["window"], chosen["quantile"])
        if chosen["method"] == "asymmetric":
            return asymmetric_fit(flux, good, chosen["smoothness"], chosen["asymmetry"])
        if chosen["method"] == "alpha-shape":
            from spectra.steps.flux.envelope import rolled_envelope  # noqa: PLC0415 - SciPy's filters

            return rolled_envelope(flux, good, grid, chosen["radius"], chosen["smoothing"])
        make: Callable[[FloatArray], FloatArray] = (
            (lambda grid: chebyshev_basis(grid, chosen["degree"]))
            if chosen["method"] == "polynomial"
            else (lambda grid: spline_basis(grid, chosen["knots"]))
        )
        basis = self._bases.get(grid, make)
        return clipped_fit(
            flux, good, basis, lower=chosen["lower"], upper=chosen["upper"], rounds=chosen["rounds"]
        )

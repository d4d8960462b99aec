"""Degrading to a coarser resolution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from marshmallow import Schema, ValidationError, validates_schema

from spectra.fault import Fault, Reason
from spectra.spectrum import FloatArray
from spectra.steps.axis.weights import Weights, spans
from spectra.steps.block import Block
from spectra.steps.grid import GridCache, bin_edges, too_few
from spectra.steps.parameters import number
from spectra.steps.step import Step

FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
REACH = 5.0
"""σ; a Gaussian has 6e-7 of its area beyond, which the normalisation of the weights makes up for."""
MOST_WEIGHTS = 20_000_000
"""Per grid (240 MB); a kernel so wide would average most of the spectrum."""
_SPOILT = 0.01  # of a pixel's weight from bad pixels makes it bad: far wings do not count
_CACHED_GRIDS = 64  # a weight matrix takes about 12 bytes × points × width in pixels


class DegradeSchema(Schema):
    """Parameters of `Degrade`."""

    resolution = number("To resolving power", "R = λ/FWHM wanted.", None, above=0.0)
    fwhm = number("To FWHM", "Width of a line wanted, instead of R.", None, above=0.0, unit="Å")
    original_resolution = number(
        "From resolving power",
        "R of the spectra as they are; without it lines are taken to be sharp.",
        None,
        above=0.0,
    )
    original_fwhm = number(
        "From FWHM", "Width of a line in the spectra as they are.", None, above=0.0, unit="Å"
    )

    @validates_schema
    def _one_of_each(self, data: dict[str, Any], **_: Any) -> None:
        if (data["resolution"] is None) == (data["fwhm"] is None):
            raise ValidationError("give either resolution or fwhm", "resolution")
        if data["original_resolution"] is not None and data["original_fwhm"] is not None:
            raise ValidationError("give only one of original_resolution and original_fwhm", "original_fwhm")
        for kind, finer in (("resolution", False), ("fwhm", True)):
            old, new = data[f"original_{kind}"], data[kind]
            if old is not None and new is not None and ((old < new) if not finer else (old > new)):
                raise ValidationError(
                    f"is finer than the original ({old:g}); spectra cannot be sharpened", kind
                )


class Degrade(Step):
    """Convolve with the Gaussian that takes lines from the original width to the one wanted.

    The widths subtract in quadrature: FWHM² = FWHM_wanted² − FWHM_original², at each wavelength. Weights are
    the kernel's integral over each pixel, so that kernels narrower than a pixel are right too, and sum to 1,
    also at the ends of the spectrum. The noise of neighbouring pixels is correlated afterwards; the inverse
    variance that is kept is that of each pixel alone.
    """

    name = "degrade"
    title = "Degrade"
    help = "Smooths with a Gaussian to a coarser resolution, so that instruments become alike."
    schema = DegradeSchema
    domain = "spectral"

    def set_up(self) -> None:
        """Remember a kernel per grid."""
        self._kernels: GridCache[Weights | Reason] = GridCache(_CACHED_GRIDS)

    def apply(self, block: Block) -> Block:
        """Convolve all rows; bad pixels spread as far as the kernel reaches."""
        weights = self._kernels.get(block.grid, self._kernel)
        if isinstance(weights, Reason):
            return block.reject_all(weights)
        return replace(
            block,
            flux=weights.flux(block.flux),
            ivar=None if block.ivar is None else weights.ivar(block.ivar),
            mask=None if block.mask is None else weights.mask(block.mask, _SPOILT),
        )

    def _width(self, grid: FloatArray, prefix: str) -> FloatArray:
        """Return the FWHM at each wavelength, Å."""
        resolution, fwhm = self.parameters[f"{prefix}resolution"], self.parameters[f"{prefix}fwhm"]
        if resolution is not None:
            return grid / float(resolution)
        return np.full_like(grid, float(fwhm or 0.0))

    def _kernel(self, grid: FloatArray) -> Weights | Reason:
        if len(grid) < 2:
            return too_few(len(grid))
        square = self._width(grid, "") ** 2 - self._width(grid, "original_") ** 2
        if (square < 0.0).any():
            worst = grid[int(square.argmin())]
            return Reason(
                Fault.TOO_COARSE,
                f"it is coarser than asked for at {worst:.1f} Å; spectra cannot be sharpened",
            )
        sigma = np.sqrt(square) / FWHM_PER_SIGMA
        return _gaussian(grid, sigma)


def _gaussian(grid: FloatArray, sigma: FloatArray) -> Weights | Reason:
    from scipy.special import ndtr  # noqa: PLC0415 - slow to import, seldom needed

    edges = bin_edges(grid)
    first = np.clip(np.searchsorted(edges, grid - REACH * sigma, side="right") - 1, 0, len(grid) - 1)
    last = np.clip(np.searchsorted(edges, grid + REACH * sigma, side="left") - 1, first, len(grid) - 1)
    width = int((last - first + 1).mean())
    if width * len(grid) > MOST_WEIGHTS:
        return Reason(
            Fault.TOO_SHORT,
            f"the smoothing is {width} pixels wide; that leaves nothing of {len(grid)} points",
        )
    rows, columns = spans(first, last)
    # No smoothing at all is the identity: the narrowest σ keeps the quotient finite.
    narrow = np.maximum(sigma, 1e-9 * grid)[rows]
    share = ndtr((edges[columns + 1] - grid[rows]) / narrow) - ndtr((edges[columns] - grid[rows]) / narrow)
    share /= np.bincount(rows, share, minlength=len(grid))[rows]
    return Weights(share, rows, columns, (len(grid), len(grid)))

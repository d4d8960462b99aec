"""Bad pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from marshmallow import Schema

from spectra.fault import Fault, Reason
from spectra.spectrum import BoolArray
from spectra.steps.block import Block
from spectra.steps.parameters import boolean, integer, number
from spectra.steps.step import Step


class MaskSchema(Schema):
    """Parameters of `Mask`."""

    use_mask = boolean("Use the mask", "Pixels that the file's mask marks as bad are bad.", True)
    use_ivar = boolean("Use the inverse variance", "Pixels of no weight (inverse variance 0) are bad.", True)
    grow = integer(
        "Grow",
        "Neighbours at either side that are bad too.",
        0,
        minimum=0,
        maximum=1000,
        unit="pixels",
        advanced=True,
    )
    maximum_fraction = number(
        "Largest bad fraction",
        "Spectra with a larger fraction of bad pixels are rejected.",
        0.2,
        minimum=0.0,
        maximum=1.0,
    )


class Mask(Step):
    """Replace bad pixels by linear interpolation between the good ones beside them.

    Bad are pixels whose flux is not finite and, as the parameters say, those of the file's mask (any bit set:
    readers give the mask as yes or no) and those of no weight. Before the first and after the last good pixel
    its value is repeated.
    """

    name = "mask"
    title = "Bad pixels"
    help = (
        "Replaces bad pixels (not finite, masked in the file, of no weight) by linear interpolation; rejects "
        "spectra with too many of them."
    )
    schema = MaskSchema
    needs = frozenset({"ivar", "mask"})

    def apply(self, block: Block) -> Block:
        """Interpolate over bad pixels, row by row where there are any."""
        bad = self._bad(block)
        fraction = bad.mean(axis=1) if bad.shape[1] else np.ones(len(bad))
        limit: float = self.parameters["maximum_fraction"]
        rejected = (fraction > limit) | (fraction == 1.0)
        kept = bad[~rejected]
        block = block.reject(
            rejected,
            lambda row: Reason(
                Fault.BAD_PIXELS,
                f"{fraction[row]:.1%} of its pixels are bad, at most {limit:.1%} are allowed"
                if fraction[row] < 1.0
                else "all of its pixels are bad",
            ),
        )
        flux = block.flux.copy()
        places = np.arange(flux.shape[1], dtype=np.float64) if block.wavelength is None else block.wavelength
        for row in np.flatnonzero(kept.any(axis=1)):
            hole = kept[row]
            flux[row, hole] = np.interp(places[hole], places[~hole], flux[row, ~hole])
        ivar = None if block.ivar is None else np.where(kept, 0.0, block.ivar)
        return replace(block, flux=flux, ivar=ivar, mask=None)

    def _bad(self, block: Block) -> BoolArray:
        bad: BoolArray = ~np.isfinite(block.flux)
        if self.parameters["use_mask"] and block.mask is not None:
            bad = bad | block.mask
        if self.parameters["use_ivar"] and block.ivar is not None:
            bad = bad | ~(block.ivar > 0.0)
        if self.parameters["grow"]:
            bad = _grown(bad, self.parameters["grow"])
        return bad


def _grown(bad: BoolArray, reach: int) -> BoolArray:
    """Return where there is a bad pixel at most `reach` pixels away."""
    n = bad.shape[1]
    before = np.zeros((len(bad), n + 1), dtype=np.int64)
    np.cumsum(bad, axis=1, out=before[:, 1:])
    places = np.arange(n)
    first, last = np.maximum(places - reach, 0), np.minimum(places + reach + 1, n)
    grown: BoolArray = before[:, last] > before[:, first]
    return grown

"""Shift to the rest frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from marshmallow import Schema

from spectra.fault import Fault, Reason
from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.parameters import choice
from spectra.steps.step import Step


class RestFrameSchema(Schema):
    """Parameters of `RestFrame`."""

    missing = choice(
        "Without redshift",
        "What becomes of spectra whose redshift is not known.",
        ["reject", "keep"],
        "reject",
    )


class RestFrame(Step):
    """Divide wavelengths by 1 + z, with the redshift of the file (``SpectrumMeta.extra["redshift"]``)."""

    name = "rest_frame"
    title = "Rest frame"
    help = "Shifts each spectrum to its rest frame by the redshift that its file gives."
    schema = RestFrameSchema
    domain = "spectral"
    needs = frozenset({"redshift"})

    def apply(self, block: Block) -> Block:
        """Shift a block whose rows share one redshift.

        Raises
        ------
        ValueError
            They do not; `spread` gives a block per redshift.
        """
        blocks = self.spread(block)
        if len(blocks) > 1:
            raise ValueError("spectra of several redshifts do not share a grid in their rest frames")
        return blocks[0]

    def spread(self, block: Block) -> list[Block]:
        """Return a block per redshift."""
        redshifts = np.array([_redshift(block.extra[number]) for number in block.numbers])
        if self.parameters["missing"] == "keep":
            redshifts = np.where(np.isnan(redshifts), 0.0, redshifts)
        unusable = ~(redshifts > -1.0)
        block = block.reject(
            unusable, Reason(Fault.NO_REDSHIFT, "its redshift is not known (no redshift in its file)")
        )
        redshifts = redshifts[~unusable]
        if not len(redshifts):
            return [block]
        return [_shifted(block.only(redshifts == z), float(z)) for z in np.unique(redshifts)]


def _shifted(block: Block, redshift: float) -> Block:
    grid: FloatArray = block.grid
    return block if redshift == 0.0 else replace(block, wavelength=grid / (1.0 + redshift))


def _redshift(extra: Any) -> float:
    value = extra.get("redshift")
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else float("nan")

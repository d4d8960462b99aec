"""Air to vacuum."""

from __future__ import annotations

from dataclasses import replace

from marshmallow import Schema

from spectra.air import air_to_vacuum
from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.grid import GridCache
from spectra.steps.step import Step


class AirToVacuum(Step):
    """Convert a grid in air to a grid in vacuum.

    Every `Spectrum` is in vacuum already (its reader converted it), so for spectra from files this step does
    nothing. It is for matrices that are declared to be in air (`Recipe.apply(…, frame="air")`); as it looks
    at the declared frame, it never converts twice.
    """

    name = "air_to_vacuum"
    title = "Air to vacuum"
    help = (
        "Converts wavelengths in air to vacuum. Spectra read from files are in vacuum already (the reader "
        "has converted them) and pass unchanged; matrices declared to be in air are converted."
    )
    schema = Schema
    domain = "spectral"

    def set_up(self) -> None:
        """Remember converted grids."""
        self._grids: GridCache[FloatArray] = GridCache()

    def apply(self, block: Block) -> Block:
        """Convert the grid where it is in air."""
        if block.frame == "vacuum":
            return block
        grid = self._grids.get(block.grid, air_to_vacuum)
        return replace(block, wavelength=grid, frame="vacuum")

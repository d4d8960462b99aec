"""Cut-out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, validates_schema

from spectra.fault import Reason
from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.grid import GridCache, bracket, shortfall
from spectra.steps.parameters import number
from spectra.steps.step import Step


class CutoutSchema(Schema):
    """Parameters of `Cutout`."""

    minimum = number("From", "Shortest wavelength that is kept, in vacuum.", above=0.0, unit="Å")
    maximum = number("To", "Longest wavelength that is kept, in vacuum.", above=0.0, unit="Å")

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        if data["minimum"] >= data["maximum"]:
            raise ValidationError(
                f"must be longer than minimum ({data['minimum']} Å), is {data['maximum']} Å", "maximum"
            )


class Cutout(Step):
    """Keep a range of wavelengths.

    Kept are the pixels from the last one at or below `minimum` to the first one at or above `maximum`, so
    that resampling to the same range afterwards interpolates everywhere as if nothing had been cut.
    """

    name = "cutout"
    title = "Cut-out"
    help = (
        "Keeps a range of wavelengths, with the pixel just outside at either end so that resampling to the "
        "same range loses nothing. A spectrum that does not cover the range is rejected."
    )
    schema = CutoutSchema
    domain = "spectral"

    def set_up(self) -> None:
        """Remember windows and cut grids."""
        self._minimum: float = self.parameters["minimum"]
        self._maximum: float = self.parameters["maximum"]
        self._windows: GridCache[tuple[slice, FloatArray, Reason | None]] = GridCache()

    def window(self, grid: FloatArray) -> slice:
        """Return the columns that are kept.

        Parameters
        ----------
        grid : ndarray
            Wavelengths in Å, ascending, shape (n,).

        Returns
        -------
        slice
            All columns where the spectrum will be rejected.
        """
        window, _, reason = self._windows.get(grid, self._cut)
        return window if reason is None else slice(0, len(grid))

    def apply(self, block: Block) -> Block:
        """Keep the columns of the window."""
        window, grid, reason = self._windows.get(block.grid, self._cut)
        if reason is not None:
            return block.reject_all(reason)
        return block.columns_of(window, grid)

    def cut(self, grid: FloatArray) -> tuple[slice, Reason | None]:
        """Return which columns of a grid are kept.

        Parameters
        ----------
        grid : ndarray
            Wavelengths in Å, ascending, shape (n,).

        Returns
        -------
        slice, Reason or None
            The columns, and why spectra on this grid are rejected.
        """
        reason = shortfall(grid, self._minimum, self._maximum)
        return bracket(grid, self._minimum, self._maximum), reason

    def _cut(self, grid: FloatArray) -> tuple[slice, FloatArray, Reason | None]:
        window, reason = self.cut(grid)
        return window, grid if window == slice(0, len(grid)) else grid[window], reason

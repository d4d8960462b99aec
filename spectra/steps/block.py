"""Spectra of one grid as a matrix: input and output of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault, Reason
from spectra.spectrum import BoolArray, FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """Several spectra that share one wavelength grid.

    Parameters
    ----------
    flux
        Shape (rows, n).
    wavelength
        Å, ascending, shape (n,); None where the columns are no longer wavelengths. Blocks of equal grids
        share the same array object wherever possible: what a step computes for a grid is kept by identity.
    numbers
        Which spectrum of the chunk each row is, shape (rows,).
    ivar, mask
        Same shape as the flux, or None; mask is True where a pixel is bad.
    frame
        "vacuum" or "air": the frame of the grid.
    columns
        Names of the columns where they are not wavelengths, else None.
    extra
        `SpectrumMeta.extra` of the spectra of the whole chunk, indexed by `numbers`.
    rejected
        Reasons by spectrum number, shared by all blocks of a chunk.
    """

    flux: FloatArray
    wavelength: FloatArray | None
    numbers: IntArray
    ivar: FloatArray | None = None
    mask: BoolArray | None = None
    frame: str = "vacuum"
    columns: tuple[str, ...] | None = None
    extra: Sequence[Mapping[str, Any]] = ()
    rejected: dict[int, Reason] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.flux)

    @property
    def grid(self) -> FloatArray:
        """The wavelengths.

        Raises
        ------
        ValueError
            The columns are no longer wavelengths.
        """
        if self.wavelength is None:
            raise ValueError("the columns of this block are not wavelengths")
        return self.wavelength

    def only(self, rows: BoolArray | IntArray) -> Block:
        """Return the block with some of its rows.

        Parameters
        ----------
        rows : ndarray
            A mask of shape (rows,), or indices.

        Returns
        -------
        Block
            A copy of these rows.
        """
        return replace(
            self,
            flux=self.flux[rows],
            numbers=self.numbers[rows],
            ivar=None if self.ivar is None else self.ivar[rows],
            mask=None if self.mask is None else self.mask[rows],
        )

    def columns_of(self, window: slice, wavelength: FloatArray) -> Block:
        """Return the block with some of its columns.

        Parameters
        ----------
        window : slice
            The columns.
        wavelength : ndarray
            Grid of these columns in Å, shape (columns of `window`,).

        Returns
        -------
        Block
            Views of the columns.
        """
        return replace(
            self,
            wavelength=wavelength,
            flux=self.flux[:, window],
            ivar=None if self.ivar is None else self.ivar[:, window],
            mask=None if self.mask is None else self.mask[:, window],
        )

    def reject(self, bad: BoolArray, reason: Reason | Callable[[int], Reason]) -> Block:
        """Reject rows, with the reason of each.

        Parameters
        ----------
        bad
            Shape (rows,).
        reason
            The class of the fault and one sentence, or a function that makes both of the row's number in this
            block.

        Returns
        -------
        Block
            The other rows; the block itself where no row is bad.
        """
        if not bad.any():
            return self
        for row in np.flatnonzero(bad):
            self.rejected[int(self.numbers[row])] = reason if isinstance(reason, Reason) else reason(int(row))
        return self.only(~bad)

    def reject_all(self, reason: Reason) -> Block:
        """Reject every row for the same reason."""
        return self.reject(np.ones(len(self), dtype=bool), reason)

    def only_finite(self) -> Block:
        """Reject rows with a value that is not finite: no step on matrices accepts them."""
        broken = (~np.isfinite(self.flux)).sum(axis=1)
        return self.reject(broken > 0, lambda row: not_finite(int(broken[row]), self.flux.shape[1]))


def not_finite(count: int, columns: int) -> Reason:
    """Return the reason for rejecting a row with values that are not finite."""
    return Reason(
        Fault.NOT_FINITE,
        f"{count} of its {columns} prepared values are not finite numbers; "
        "a mask step before resampling interpolates over bad pixels",
    )

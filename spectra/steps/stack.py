"""From single spectra to blocks: the spectra of a chunk, grouped by grid, as matrices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from spectra.fault import Fault, Reason
from spectra.spectrum import FloatArray, Spectrum
from spectra.steps.block import Block
from spectra.steps.grid import GridCache

#: Columns of a grid that are needed, and the grid of those columns.
Window = tuple[slice, FloatArray]


class Stacker:
    """Stacks spectra that share a grid; touches only the columns that the recipe's first step needs.

    Parameters
    ----------
    window
        Which columns of a grid are needed.
    needs
        "ivar" and "mask" where a step uses them; otherwise they are not stacked.
    """

    done = 0
    """How many steps of the recipe are done with the stacking."""

    def __init__(self, window: Callable[[FloatArray], slice], needs: Collection[str]) -> None:
        self._window = window
        self._needs = frozenset(needs)
        self._windows: GridCache[Window] = GridCache()

    def stack(self, spectra: Sequence[Spectrum], rejected: dict[int, Reason]) -> list[Block]:
        """Return one block per grid, in the order of the first spectrum of each.

        Parameters
        ----------
        spectra
            A chunk.
        rejected
            Reasons by number in the chunk; shared by the blocks, and filled here for spectra without points.
        """
        extra = [spectrum.meta.extra for spectrum in spectra]
        groups: dict[Any, list[int]] = {}
        for number, spectrum in enumerate(spectra):
            if not len(spectrum.flux):
                rejected[number] = Reason(Fault.EMPTY, "it has no points")
                continue
            # Spectra with and without errors do not mix: a step treats a block one way.
            key = (id(spectrum.wavelength), spectrum.ivar is None, spectrum.mask is None)
            groups.setdefault(key, []).append(number)
        return [
            self._block([spectra[i] for i in numbers], numbers, extra, rejected)
            for numbers in groups.values()
        ]

    def _block(
        self,
        spectra: list[Spectrum],
        numbers: list[int],
        extra: Sequence[Mapping[str, Any]],
        rejected: dict[int, Reason],
    ) -> Block:
        window, grid = self._windows.get(spectra[0].wavelength, self._cut)
        ivar = mask = None
        if "ivar" in self._needs and spectra[0].ivar is not None:
            ivar = np.array([s.ivar[window] for s in spectra if s.ivar is not None], dtype=np.float64)
        if "mask" in self._needs and spectra[0].mask is not None:
            mask = np.array([s.mask[window] for s in spectra if s.mask is not None], dtype=bool)
        return Block(
            flux=np.array([spectrum.flux[window] for spectrum in spectra], dtype=np.float64),
            wavelength=grid,
            numbers=np.array(numbers, dtype=np.int64),
            ivar=ivar,
            mask=mask,
            extra=extra,
            rejected=rejected,
        )

    def _cut(self, grid: FloatArray) -> Window:
        window = self._window(grid)
        return window, grid if window == slice(0, len(grid)) else grid[window]


class CommonGrid:
    """The grid that all spectra of a stream must share where nothing resamples them: that of the first."""

    def __init__(self) -> None:
        self._grid: FloatArray | None = None

    def join(self, blocks: Sequence[Block]) -> list[Block]:
        """Put blocks together as `merge` does, on the grid of the first block that ever came."""
        merged = merge(blocks, self._grid)
        if merged and self._grid is None:
            self._grid = merged[0].wavelength
        return merged


def merge(blocks: Sequence[Block], reference: FloatArray | None = None) -> list[Block]:
    """Put blocks of equal columns together: one block, or none where no rows are left.

    Parameters
    ----------
    blocks
        Of one chunk.
    reference
        The grid that all must have; without it, that of the first block. Rows on another grid are rejected.
    """
    blocks = [block for block in blocks if len(block)]
    if not blocks:
        return []
    grid = blocks[0].wavelength if reference is None else reference
    blocks = [block for block in (_on_grid(block, grid) for block in blocks) if len(block)]
    if len(blocks) < 2:
        return blocks
    first = blocks[0]
    joined = Block(
        flux=np.concatenate([block.flux for block in blocks]),
        wavelength=first.wavelength,
        numbers=np.concatenate([block.numbers for block in blocks]),
        ivar=_together([block.ivar for block in blocks]),
        mask=_together([block.mask for block in blocks]),
        frame=first.frame,
        columns=first.columns,
        extra=first.extra,
        rejected=first.rejected,
    )
    return [joined]


def _together(parts: list[Any]) -> Any:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _on_grid(block: Block, grid: FloatArray | None) -> Block:
    if block.wavelength is grid or grid is None:
        return block
    if block.wavelength is not None and np.array_equal(block.wavelength, grid):
        return block
    return block.reject_all(
        Reason(
            Fault.OTHER_GRID,
            "its wavelength grid is not that of the first spectrum; "
            "add a resample step to bring all to one grid",
        )
    )

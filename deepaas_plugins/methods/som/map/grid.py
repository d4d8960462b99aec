"""The grid of a map: positions of the cells, their neighbours, and the neighbourhood function.

A cell has the number ``row * columns + column``; rows are counted from the top. On a hexagonal map the odd
rows are shifted half a cell to the right and rows are √3/2 apart, so that all six neighbours are at distance
1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

Topology = Literal["rectangular", "hexagonal"]
Neighbourhood = Literal["gaussian", "bubble"]

HEXAGONAL_ROW_STEP = np.sqrt(3.0) / 2.0
#: Up to so many cells the distances between all of them are kept (8 MiB); every epoch needs them.
SMALL = 1024

TOPOLOGIES: tuple[Topology, ...] = ("rectangular", "hexagonal")
NEIGHBOURHOODS: tuple[Neighbourhood, ...] = ("gaussian", "bubble")


@dataclass(frozen=True)
class Grid:
    """The cells of a map.

    Parameters
    ----------
    rows, columns
        Size of the map, in cells.
    topology
        "rectangular" (a cell has up to eight neighbours) or "hexagonal" (up to six).
    """

    rows: int
    columns: int
    topology: Topology = "rectangular"

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"a map needs at least one row and one column, not {self.rows}×{self.columns}")
        if self.topology not in TOPOLOGIES:
            raise ValueError(f"topology is {' or '.join(TOPOLOGIES)}, not {self.topology!r}")

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * self.columns

    @cached_property
    def row(self) -> IntArray:
        """Row of each cell.

        Returns
        -------
        ndarray
            Shape (cells,), int64.
        """
        return np.repeat(np.arange(self.rows, dtype=np.int64), self.columns)

    @cached_property
    def column(self) -> IntArray:
        """Column of each cell.

        Returns
        -------
        ndarray
            Shape (cells,), int64.
        """
        return np.tile(np.arange(self.columns, dtype=np.int64), self.rows)

    @cached_property
    def positions(self) -> FloatArray:
        """Centres of the cells in the plane.

        Returns
        -------
        ndarray
            x to the right and y downwards, in units of a cell, shape (cells, 2).
        """
        x = self.column.astype(np.float64)
        y = self.row.astype(np.float64)
        if self.topology == "hexagonal":
            x = x + 0.5 * (self.row % 2)
            y = y * HEXAGONAL_ROW_STEP
        return np.stack([x, y], axis=1)

    @cached_property
    def neighbours(self) -> IntArray:
        """Cells next to each cell.

        Returns
        -------
        ndarray
            Numbers of cells, shape (cells, 8 or 6); −1 beyond the edge of the map.
        """
        steps = self._steps()
        row = self.row[:, None] + steps[:, :, 0]
        column = self.column[:, None] + steps[:, :, 1]
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        return np.where(inside, row * self.columns + column, -1)

    def _steps(self) -> IntArray:
        """Return (row, column) steps to the neighbours of each cell, shape (cells, 8 or 6, 2)."""
        if self.topology == "rectangular":
            around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
            return np.broadcast_to(np.array(around, dtype=np.int64), (self.cells, 8, 2))
        same_row = [(0, -1), (0, 1)]
        even = np.array([*same_row, (-1, -1), (-1, 0), (1, -1), (1, 0)], dtype=np.int64)
        odd = np.array([*same_row, (-1, 0), (-1, 1), (1, 0), (1, 1)], dtype=np.int64)
        steps: IntArray = np.where((self.row % 2 == 0)[:, None, None], even, odd)
        return steps

    @cached_property
    def _squared(self) -> FloatArray:
        return self._squared_distances(slice(None))

    def _squared_distances(self, cells: slice | IntArray) -> FloatArray:
        """Return squared distances in the plane, shape (len(cells), cells of the map)."""
        here = self.positions[cells]
        x = here[:, :1] - self.positions[:, 0]
        y = here[:, 1:] - self.positions[:, 1]
        return np.asarray(x * x + y * y)

    def adjacent(self, first: IntArray, second: IntArray) -> BoolArray:
        """Return, pair by pair, whether two cells are neighbours; a cell is none of its own.

        Parameters
        ----------
        first, second : ndarray
            Numbers of cells, shape (pairs,).

        Returns
        -------
        ndarray
            Shape (pairs,), bool.
        """
        found: BoolArray = (self.neighbours[first] == second[:, None]).any(axis=1)
        return found

    def reach(self, kind: Neighbourhood, radius: float, cells: slice | IntArray = slice(None)) -> FloatArray:
        """Return the neighbourhood function of each cell as the winner, at the given cells.

        Parameters
        ----------
        kind
            "gaussian": exp(−d²/2r²) of the distance in the plane. "bubble": 1 nearer than the radius, else 0;
            on a rectangular map the bubble is a square of rows and columns (as in MiniSom), on a hexagonal
            one a disc.
        radius
            In cells.
        cells
            The cells that are moved; all by default.

        Returns
        -------
        ndarray
            Shape (len(cells), cells of the map).
        """
        if kind == "gaussian" or self.topology == "hexagonal":
            squared = self._squared[cells] if self.cells <= SMALL else self._squared_distances(cells)
            if kind == "gaussian":
                return np.asarray(np.exp(squared * (-0.5 / radius**2)))
            # Distances on the hexagonal plane are irrational; a tolerance keeps cells exactly at the radius
            # outside.
            return np.asarray(squared < (radius * (1.0 - 1e-9)) ** 2, dtype=np.float64)
        rows = np.abs(self.row[cells][:, None] - self.row) < radius
        columns = np.abs(self.column[cells][:, None] - self.column) < radius
        return np.asarray(rows & columns, dtype=np.float64)

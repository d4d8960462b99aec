"""What PCA and ICA share: a linear map to a few components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from spectra.steps.block import Block
from spectra.steps.step import FittedStep, RecipeError, State


class Projection(FittedStep):
    """Columns become ``(flux − mean) @ map.T``.

    Attributes
    ----------
    prefix
        Of the new columns' names.
    """

    prefix: ClassVar[str]
    arrays: ClassVar[Mapping[str, int]] = {"mean": 1, "map": 2}

    @property
    def leaves_wavelengths(self) -> bool:
        """Components are no wavelengths."""
        return False

    def apply(self, block: Block) -> Block:
        """Project all rows."""
        state = self.learned(block.flux.shape[1])
        flux = (block.flux - state["mean"]) @ state["map"].T
        columns = tuple(f"{self.prefix}{number + 1}" for number in range(len(state["map"])))
        return replace(block, flux=flux, wavelength=None, columns=columns, ivar=None, mask=None)

    def columns_in(self) -> int:
        """Count the columns that it was fitted on."""
        return 0 if self.state is None else len(self.state["mean"])

    def check_state(self, state: Mapping[str, npt.NDArray[Any]]) -> State:
        """Return a saved state if it is one of this step.

        Parameters
        ----------
        state : mapping
            ``map`` (components, n), ``mean`` (n,), and what the step adds.

        Returns
        -------
        State
            The same arrays.

        Raises
        ------
        RecipeError
            If an array is missing, not finite, or of another shape.
        """
        checked = self.require(state, self.arrays)
        components: int = self.parameters["components"]
        if checked["map"].shape != (components, len(checked["mean"])):
            raise RecipeError(
                self.name,
                None,
                f"its saved map has shape {checked['map'].shape}, {components} components are asked",
            )
        return checked

    def check_size(self, rows: int, columns: int) -> None:
        """Return if the components can be found.

        Parameters
        ----------
        rows : int
            Number of rows to learn from.
        columns : int
            Number of columns.

        Raises
        ------
        RecipeError
            If there are more components than rows or columns.
        """
        components: int = self.parameters["components"]
        if components > min(rows, columns):
            raise RecipeError(
                self.name,
                "components",
                f"{components} components cannot be found in {rows} rows of {columns} columns; "
                f"at most {min(rows, columns)} can",
            )


def upright(components: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Fix the sign of components, which is free: their largest element by size becomes positive.

    Parameters
    ----------
    components : ndarray
        Shape (components, n).

    Returns
    -------
    ndarray
        Shape (components, n).
    """
    peaks = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), peaks])
    upright: npt.NDArray[np.float64] = components * np.where(signs == 0, 1.0, signs)[:, None]
    return upright

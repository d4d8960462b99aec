"""Standardising columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from marshmallow import Schema

from spectra.steps.block import Block
from spectra.steps.moments import column_moments
from spectra.steps.step import Chunks, FittedStep, RecipeError, State


class Standardise(FittedStep):
    """Bring every column to mean 0 and standard deviation 1 of the training set (one pass over all rows).

    A column that is constant in the training set becomes 0 there.
    """

    name = "standardise"
    title = "Standardise columns"
    help = "Brings every column to mean 0 and standard deviation 1, as measured on the whole training set."
    schema = Schema

    def fit(self, chunks: Chunks) -> None:
        """Learn the mean and the standard deviation of every column.

        Parameters
        ----------
        chunks : callable
            Yields flux of shape (rows, n) with the labels, which are not used.

        Raises
        ------
        RecipeError
            If there are fewer than 2 rows.
        """
        rows, mean, squares = column_moments(flux for flux, _ in chunks())
        if rows < 2:
            raise RecipeError(self.name, None, f"needs at least 2 rows to learn from, has {rows}")
        spread = np.sqrt(squares / rows)
        spread[spread <= 1e-12 * np.abs(mean)] = 1.0
        spread[spread == 0.0] = 1.0
        self.state = {"mean": mean, "spread": spread}

    def apply(self, block: Block) -> Block:
        """Standardise all rows; what is not flux any more has no inverse variance."""
        state = self.learned(block.flux.shape[1])
        return replace(block, flux=(block.flux - state["mean"]) / state["spread"], ivar=None)

    def columns_in(self) -> int:
        """Count the columns that it was fitted on."""
        return 0 if self.state is None else len(self.state["mean"])

    def check_state(self, state: Mapping[str, npt.NDArray[Any]]) -> State:
        """Return a saved state if it is one of this step.

        Parameters
        ----------
        state : mapping
            ``mean`` and ``spread``, shape (n,) each, in the unit of the flux.

        Returns
        -------
        State
            The same arrays.

        Raises
        ------
        RecipeError
            If an array is missing, not finite, or the shapes differ, or a spread is not positive.
        """
        checked = self.require(state, {"mean": 1, "spread": 1})
        if checked["mean"].shape != checked["spread"].shape or not (checked["spread"] > 0).all():
            raise RecipeError(self.name, None, "its saved mean and spread do not fit together")
        return checked

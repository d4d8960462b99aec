"""Selection of columns that tell classes apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from marshmallow import Schema

from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.grid import GridCache
from spectra.steps.parameters import number
from spectra.steps.step import Chunks, FittedStep, RecipeError, State


class FeatureSelectionSchema(Schema):
    """Parameters of `FeatureSelection`."""

    percentile = number(
        "Percentile", "How much of the columns is kept: those that tell the classes apart best.", 10.0,
        above=0.0, maximum=100.0, unit="%",
    )  # fmt: skip


class FeatureSelection(FittedStep):
    """Keep the columns of the largest ANOVA F value between classes.

    F is the variance between the classes' means over the variance within them (scikit-learn's `f_classif`),
    gathered from all labelled rows in a stream. At least one column is kept; of equal values the first.
    """

    name = "feature_selection"
    title = "Feature selection"
    help = "Keeps the columns that tell the classes apart best (ANOVA F). The training set needs labels."
    schema = FeatureSelectionSchema

    def set_up(self) -> None:
        """Remember selected grids."""
        self._grids: GridCache[FloatArray] = GridCache()

    def fit(self, chunks: Chunks) -> None:
        """Measure all labelled rows.

        Raises
        ------
        RecipeError
            Fewer than two classes have labels, or no class has two rows.
        """
        scores = f_values(chunks)
        count = max(round(len(scores) * self.parameters["percentile"] / 100.0), 1)
        best = np.argsort(-scores, kind="stable")[:count]
        self._grids = GridCache()
        self.state = {"selected": np.sort(best), "scores": scores}

    def apply(self, block: Block) -> Block:
        """Keep the selected columns."""
        selected = self.learned(block.flux.shape[1])["selected"]
        grid = (
            None if block.wavelength is None else self._grids.get(block.wavelength, lambda old: old[selected])
        )
        columns = None if block.columns is None else tuple(block.columns[number] for number in selected)
        return replace(
            block,
            wavelength=grid,
            columns=columns,
            flux=block.flux[:, selected],
            ivar=None if block.ivar is None else block.ivar[:, selected],
            mask=None if block.mask is None else block.mask[:, selected],
        )

    def columns_in(self) -> int:
        """Count the columns that it was fitted on."""
        return 0 if self.state is None else len(self.state["scores"])

    def check_state(self, state: Mapping[str, npt.NDArray[Any]]) -> State:
        """Return a saved state if it is one of this step.

        Parameters
        ----------
        state : mapping
            ``selected``: ascending indices of columns; ``scores``: one for each column.

        Returns
        -------
        State
            The same arrays.

        Raises
        ------
        RecipeError
            If an array is missing, not finite, or the selection is no ascending list of columns.
        """
        checked = self.require(state, {"selected": 1, "scores": 1})
        selected = checked["selected"]
        bad = selected.dtype.kind not in "iu" or not len(selected) or (np.diff(selected) <= 0).any()
        if bad or selected[0] < 0 or selected[-1] >= len(checked["scores"]):
            raise RecipeError(self.name, None, "its saved selection is no ascending list of its columns")
        return checked


def f_values(chunks: Chunks) -> FloatArray:
    """Return the one-way ANOVA F value of every column.

    Columns that are constant have F = 0; columns that are constant within every class and differ between
    classes have the largest float.

    Parameters
    ----------
    chunks : callable
        Yields flux of shape (rows, n) with a label or None for each row, whenever it is called.

    Returns
    -------
    ndarray
        (Σ_k n_k (m_k − m)² / (K − 1)) / (Σ_k Σ_i (x_ki − m_k)² / (N − K)) of each column, shape (n,),
        float64.

    Raises
    ------
    RecipeError
        If fewer than two classes, or too few labelled rows, are there.
    """
    origin: FloatArray | None = None
    sums: dict[str, FloatArray] = {}
    counts: dict[str, int] = {}
    squares: FloatArray = np.zeros(0)
    for flux, labels in chunks():
        if origin is None:
            # Sums of squares cancel far from zero; the first chunk's mean is near enough to every mean.
            origin, squares = flux.mean(axis=0), np.zeros(flux.shape[1])
        rows = [row for row, label in enumerate(labels) if label is not None]
        known = np.array([str(labels[row]) for row in rows])
        centred = flux[rows] - origin
        squares += np.einsum("ij,ij->j", centred, centred)
        for label in np.unique(known):
            own = centred[known == label]
            sums[label] = sums.get(label, 0.0) + own.sum(axis=0)
            counts[label] = counts.get(label, 0) + len(own)
    total = sum(counts.values())
    if len(sums) < 2 or total <= len(sums):
        raise RecipeError(
            FeatureSelection.name,
            None,
            f"needs rows of at least two classes and more rows than classes; there are {total} labelled rows "
            f"of {len(sums)} classes",
        )
    overall = np.sum(list(sums.values()), axis=0) ** 2 / total
    by_class = np.sum([sums[label] ** 2 / counts[label] for label in sums], axis=0)
    return _ratio(by_class - overall, squares - by_class, squares, len(sums), total)


def _ratio(
    between: FloatArray, within: FloatArray, squares: FloatArray, classes: int, total: int
) -> FloatArray:
    noise = 1e-13 * squares  # what rounding leaves of sums that should cancel
    between = np.where(between <= noise, 0.0, between) / (classes - 1)
    within = np.where(within <= noise, 0.0, within) / (total - classes)
    scores = np.divide(between, within, out=np.zeros_like(between), where=within > 0.0)
    scores[(within == 0.0) & (between > 0.0)] = np.finfo(np.float64).max
    return scores

"""The matrix on which steps are fitted, in chunks, any number of times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from spectra.batch import Batch
from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.step import Chunks, RecipeError, Step

ROWS = 8192


class Rows(Protocol):
    """Prepared rows that can be read repeatedly, such as a `spectra.FeatureSet`."""

    def chunks(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, at most `rows` at a time."""


class Training:
    """Blocks of training rows with their labels.

    Parameters
    ----------
    features
        A feature set, or a matrix (rows, n).
    labels
        Classes of the rows of a matrix; a feature set has its own.

    Raises
    ------
    RecipeError
        It is no matrix, or has other than one label per row.
    """

    def __init__(self, features: Rows | npt.ArrayLike, labels: Iterable[str | None] | None) -> None:
        self._set: Any = None
        if hasattr(features, "chunks"):
            self._set = features
            return
        self._matrix: FloatArray = np.asarray(features, dtype=np.float64)
        if self._matrix.ndim != 2 or not len(self._matrix):
            raise RecipeError(
                "", None, f"a matrix (rows, n) is needed, not one of shape {self._matrix.shape}"
            )
        self._labels = [None] * len(self._matrix) if labels is None else list(labels)
        if len(self._labels) != len(self._matrix):
            raise RecipeError("", None, f"{len(self._matrix)} rows have {len(self._labels)} labels")

    def through(self, steps: Sequence[Step]) -> Chunks:
        """Return the rows after the steps, as chunks that can be read repeatedly."""
        return lambda: self._chunks(steps)

    def _chunks(self, steps: Sequence[Step]) -> Iterator[tuple[FloatArray, list[str | None]]]:
        for block, labels in self._blocks():
            for step in steps:
                block = step.apply(block)  # noqa: PLW2901 - the same rows, one step further
            if len(block):
                yield block.flux, [labels[number] for number in block.numbers]

    def _blocks(self) -> Iterator[tuple[Block, Sequence[str | None]]]:
        if self._set is not None:
            for batch in self._set.chunks(ROWS):
                numbers = np.arange(len(batch))
                flux = batch.flux.astype(np.float64)
                yield Block(flux, batch.wavelength, numbers, columns=batch.columns), batch.labels
            return
        for start in range(0, len(self._matrix), ROWS):
            part = self._matrix[start : start + ROWS]
            yield Block(part, None, np.arange(len(part))), self._labels[start : start + ROWS]

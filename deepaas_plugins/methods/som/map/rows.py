"""The rows of a training set, in chunks, and the frame in which distances are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput

if TYPE_CHECKING:
    from spectra import FeatureSet

Matrix = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

#: Bytes of one chunk as read; bounds the memory whatever the number of rows and columns.
CHUNK_BYTES = 16 * 2**20


class RowSource(Protocol):
    """A matrix that is read in chunks, any number of times, always in the same order."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        ...

    @property
    def columns(self) -> int:
        """Number of columns."""
        ...

    def chunks(self) -> Iterator[npt.NDArray[np.floating]]:
        """Yield the rows in order, in matrices of a bounded size.

        Yields
        ------
        ndarray
            Shape (≤ chunk, columns).
        """
        ...

    def take(self, indices: Indices) -> npt.NDArray[np.floating]:
        """Return the given rows.

        Parameters
        ----------
        indices : ndarray
            Numbers of rows, shape (n,).

        Returns
        -------
        ndarray
            Shape (n, columns).
        """
        ...


def rows_per_chunk(columns: int) -> int:
    """Return how many float32 rows make a chunk."""
    return max(64, CHUNK_BYTES // (4 * max(columns, 1)))


@dataclass(frozen=True)
class MatrixRows:
    """Rows of a matrix in memory, shape (rows, columns)."""

    matrix: npt.NDArray[np.floating]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.matrix.shape[0])

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.matrix.shape[1])

    def chunks(self) -> Iterator[npt.NDArray[np.floating]]:
        """Yield views of the matrix.

        Yields
        ------
        ndarray
            Shape (≤ chunk, columns).
        """
        size = rows_per_chunk(self.columns)
        for start in range(0, self.rows, size):
            yield self.matrix[start : start + size]

    def take(self, indices: Indices) -> npt.NDArray[np.floating]:
        """Return a copy of the given rows.

        Parameters
        ----------
        indices : ndarray
            Numbers of rows, shape (n,).

        Returns
        -------
        ndarray
            Shape (n, columns).
        """
        return self.matrix[indices]


@dataclass(frozen=True)
class FeatureRows:
    """Rows of a feature set, streamed from its file."""

    features: FeatureSet

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.features.rows

    @property
    def columns(self) -> int:
        """Number of columns: the points of a spectrum, or the features."""
        return self.features.columns

    def chunks(self) -> Iterator[Matrix]:
        """Yield the feature set's rows as they are read.

        Yields
        ------
        ndarray
            Shape (≤ chunk, columns), float32.
        """
        yield from self.features.matrices(rows=rows_per_chunk(self.columns))

    def take(self, indices: Indices) -> Matrix:
        """Return the given rows.

        Parameters
        ----------
        indices : ndarray
            Numbers of rows, shape (n,).

        Returns
        -------
        ndarray
            Shape (n, columns), float32.
        """
        return self.features.take(indices).flux


@dataclass(frozen=True)
class Frame:
    """Centres rows and scales them to unit spread, so that single precision is enough to compare distances.

    Distances keep their order under a shift and a common factor; without them, the squares of spectra near 1
    (or near 1e-17 erg/s/cm²/Å) would drown the differences that decide which cell is nearest.

    Parameters
    ----------
    offset
        Mean row, shape (columns,).
    factor
        What centred rows are multiplied by: 1 / root mean square of their elements.
    unit_length
        Whether each row is first scaled to length 1: nearest then means the smallest angle ("cosine"
        distance).
    """

    offset: Values
    factor: float
    unit_length: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite(self.factor) and self.factor > 0):
            raise ValueError(f"the factor of a frame is positive, not {self.factor}")

    @classmethod
    def of(
        cls,
        source: RowSource,
        *,
        unit_length: bool = False,
        watch: Callable[[], None] = lambda: None,
    ) -> Self:
        """Measure mean and spread in one pass; `watch` is called before each chunk and may raise to stop.

        Raises
        ------
        InvalidInput
            There are no rows or columns, or a row holds values that are not finite.
        """
        if source.rows < 1 or source.columns < 1:
            raise InvalidInput("the feature set is empty: there is nothing to train on")
        total, squares, count = np.zeros(source.columns), 0.0, 0
        shift: Values | None = None
        for chunk in source.chunks():
            watch()
            rows = lengthened(chunk) if unit_length else np.asarray(chunk, dtype=np.float64)
            if shift is None:
                shift = rows.mean(axis=0)
            rows = rows - shift  # sums of squares about a value near the mean keep their digits
            total += rows.sum(axis=0)
            squares += float(np.einsum("ij,ij->", rows, rows))
            if not np.isfinite(squares):
                raise InvalidInput(_first_bad_row(chunk, count))
            count += len(rows)
        if shift is None or count != source.rows:
            raise InvalidInput(f"the feature set says {source.rows} rows but holds {count}")
        mean = total / count
        variance = max(0.0, squares / (count * source.columns) - float(np.mean(mean**2)))
        spread = float(np.sqrt(variance))
        # Any shift will do: one that single precision holds exactly is the same for rows of either precision.
        offset = (shift + mean).astype(np.float32).astype(np.float64)
        return cls(offset, 1.0 / spread if spread > 0 else 1.0, unit_length)

    def rows(
        self, chunk: npt.NDArray[np.floating], dtype: npt.DTypeLike = np.float32
    ) -> npt.NDArray[np.floating]:
        """Bring rows into the frame, with a last column of ones (see `matching.Matcher`).

        Returns
        -------
        ndarray
            Shape (rows, columns + 1).
        """
        out = np.empty((len(chunk), len(self.offset) + 1), dtype=dtype)
        rows = lengthened(chunk) if self.unit_length else chunk
        np.subtract(rows, self.offset.astype(dtype), out=out[:, :-1], casting="unsafe")
        out[:, :-1] *= self.factor
        out[:, -1] = 1.0
        return out

    def into(self, prototypes: Values) -> Values:
        """Bring prototypes into the frame.

        Parameters
        ----------
        prototypes : ndarray
            In the units of the features, shape (cells, columns).

        Returns
        -------
        ndarray
            Shape (cells, columns).
        """
        return np.asarray((prototypes - self.offset) * self.factor)

    def out_of(self, prototypes: Values) -> Values:
        """Bring prototypes back to the units of the features.

        Parameters
        ----------
        prototypes : ndarray
            In the frame, shape (cells, columns).

        Returns
        -------
        ndarray
            Shape (cells, columns); of length 1 each where the rows are.
        """
        plain = np.asarray(prototypes / self.factor + self.offset)
        return lengthened(plain) if self.unit_length else plain


def lengthened(rows: npt.NDArray[np.floating]) -> Values:
    """Scale each row to length 1; a row of zeros stays as it is.

    Parameters
    ----------
    rows : ndarray
        Shape (rows, columns).

    Returns
    -------
    ndarray
        Same shape, float64.
    """
    wide = np.asarray(rows, dtype=np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(length > 0, length, 1.0))


def _first_bad_row(chunk: npt.NDArray[np.floating], before: int) -> str:
    bad = np.flatnonzero(~np.isfinite(chunk).all(axis=1))
    if len(bad) == 0:
        return "the values are too large to be squared; add a scale step to the recipe"
    return f"row {before + int(bad[0])} holds values that are not finite; add a mask step to the recipe"

"""The frame that rows are compared in: centred, of one scale, without missing values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.spectral_features.answers import check_columns
from deepaas_plugins.methods.spectral_features.representation import covered
from deepaas_plugins.methods.unsupervised.standard import standardised

if TYPE_CHECKING:
    from spectra import Batch

Matrix = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Arrays = dict[str, npt.NDArray[Any]]

#: From the median of absolute deviations to the standard deviation of a normal distribution.
NORMAL = 1.4826
#: Values that centre and scale are taken from, at most: 57,000 rows of 140 columns.
MEASURED = 8_000_000
#: The scatter of a column counts as no less than this share of the median over columns.
LEAST_SCATTER = 0.1
#: Values in the frame are cut here, so that their squares stay finite.
LARGEST = 1e6


@dataclass(frozen=True)
class Rows:
    """Rows in a frame.

    Attributes
    ----------
    values
        Shape (rows, columns), float32; 0, the median of the column, where a value is missing.
    known
        Which values are not missing; same shape.
    """

    values: Matrix
    known: Mask

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.values)


@dataclass(frozen=True)
class Frame:
    """Centre of each column, one scale for all, and the scatter of each column.

    One scale keeps distances those of spectra: columns that hardly vary do not weigh as much as lines.

    Attributes
    ----------
    centre
        Medians of the columns, shape (columns,), float32.
    scale
        Deviations from the centre are divided by it.
    scatter
        Robust standard deviation of each column in the frame, shape (columns,), float32, positive.
    zeros_missing
        Whether many exact zeros in a row are points that the spectrum does not cover.
    standardise
        Whether each row is first standardised by itself.
    """

    centre: Matrix
    scale: float
    scatter: Matrix
    zeros_missing: bool
    standardise: bool = False

    @classmethod
    def fit(cls, matrix: Matrix, *, zeros_missing: bool, standardise: bool = False) -> Self:
        """Measure rows.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns); values that are not finite are missing.
        zeros_missing : bool
            Whether many exact zeros in a row are missing values too.
        standardise : bool
            Whether each row is first standardised by itself.

        Returns
        -------
        Frame
            Of these rows.

        Raises
        ------
        InvalidInput
            There is one row only, a column without any value, or all rows are equal.
        """
        if len(matrix) < 2:
            raise InvalidInput(
                f"The feature set has {len(matrix)} spectrum: there is nothing to compare it with. "
                "Give at least two."
            )
        _check_columns(matrix)
        most = max(MEASURED // matrix.shape[1], 2)
        matrix = matrix[np.unique(np.linspace(0, len(matrix) - 1, most).astype(int))]
        known = known_values(matrix, zeros_missing=zeros_missing)
        if standardise:
            matrix = standardised(matrix, known)
        values = np.where(known, matrix, np.nan)
        filled = np.isfinite(values).any(axis=0)
        centre = np.zeros(matrix.shape[1], dtype=np.float32)
        centre[filled] = np.nanmedian(values[:, filled], axis=0)
        values -= centre
        np.abs(values, out=values)
        scatter = np.zeros(matrix.shape[1])
        scatter[filled] = NORMAL * np.nanmedian(values[:, filled], axis=0)
        scale = NORMAL * float(np.nanmedian(values)) or float(np.sqrt(np.nanmean(values.astype(float) ** 2)))
        if not (np.isfinite(scale) and scale > 0):
            raise InvalidInput(
                f"All {len(matrix)} spectra are equal after preprocessing: none is odd and none is near "
                "another. Check the recipe."
            )
        return cls(centre, scale, at_least(scatter / scale), zeros_missing, standardise)

    def rows(self, matrix: Matrix) -> Rows:
        """Bring rows into the frame.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns), float32.

        Returns
        -------
        Rows
            With missing values at the centre.
        """
        known = known_values(matrix, zeros_missing=self.zeros_missing)
        if self.standardise:
            matrix = standardised(matrix, known)
        with np.errstate(invalid="ignore", over="ignore"):
            values = (matrix - self.centre) / np.float32(self.scale)
        np.clip(values, -LARGEST, LARGEST, out=values)
        values[~known] = 0.0
        return Rows(values.astype(np.float32, copy=False), known)

    def rows_of(self, batch: Batch) -> Rows:
        """Return prepared spectra in the frame.

        Parameters
        ----------
        batch : Batch
            The spectra.

        Returns
        -------
        Rows
            As `rows` returns them.

        Raises
        ------
        InvalidInput
            They have other columns than those of training, or one has no value.
        """
        check_columns(batch.flux.shape[1], len(self.centre))
        empty = np.flatnonzero(~np.isfinite(batch.flux).any(axis=1))
        if len(empty):
            raise InvalidInput(f"{batch.names[empty[0]]} holds no finite value.")
        return self.rows(batch.flux)

    def out_of(self, values: Matrix) -> Matrix:
        """Bring rows of the frame back to the unit of the features, or of standardised ones.

        Parameters
        ----------
        values : ndarray
            Shape (rows, columns).

        Returns
        -------
        ndarray
            Same shape, float32.
        """
        return (values * np.float32(self.scale) + self.centre).astype(np.float32)

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {
            "centre": self.centre,
            "scale": np.array(self.scale),
            "scatter": self.scatter,
            "options": np.array([self.zeros_missing, self.standardise], dtype=np.int64),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Return the frame of saved arrays.

        Raises
        ------
        ValueError
            They are no frame of so many columns.
        """
        scale = float(checked_array(arrays, "scale", ()))
        scatter = checked_array(arrays, "scatter", (columns,)).astype(np.float32)
        if scale <= 0 or (scatter <= 0).any():
            raise ValueError("scale or scatter is not positive")
        centre = checked_array(arrays, "centre", (columns,)).astype(np.float32)
        zeros_missing, standardise = (bool(each) for each in checked_array(arrays, "options", (2,)))
        return cls(centre, scale, scatter, zeros_missing, standardise)


def known_values(matrix: Matrix, *, zeros_missing: bool) -> Mask:
    """Return which values are not missing: finite, and covered by their spectrum.

    Parameters
    ----------
    matrix : ndarray
        Shape (rows, columns).
    zeros_missing : bool
        Whether many exact zeros in a row are points that the spectrum does not cover.

    Returns
    -------
    ndarray
        Same shape, bool.
    """
    known = np.isfinite(matrix)
    if zeros_missing:
        known &= covered(matrix)
    return known


def at_least(scatter: npt.NDArray[np.floating[Any]]) -> Matrix:
    """Return scatters of columns, each no less than a share of their median, and positive.

    Parameters
    ----------
    scatter : ndarray
        Shape (columns,), not negative.

    Returns
    -------
    ndarray
        Same shape, float32.
    """
    positive = scatter[scatter > 0]
    least = LEAST_SCATTER * float(np.median(positive)) if len(positive) else 1.0
    return np.asarray(np.maximum(scatter, least), dtype=np.float32)


def check_values(matrix: Matrix, first: int = 0) -> None:
    """Check that every row has a value.

    Parameters
    ----------
    matrix : ndarray
        Shape (rows, columns).
    first : int
        Number of the first row, for the message.

    Raises
    ------
    InvalidInput
        A row holds no finite value.
    """
    empty = np.flatnonzero(~np.isfinite(matrix).any(axis=1))
    if len(empty):
        raise InvalidInput(
            f"Row {first + int(empty[0])} of the feature set holds no finite value: leave that spectrum out."
        )


def _check_columns(matrix: Matrix) -> None:
    empty = np.flatnonzero(~np.isfinite(matrix).any(axis=0))
    if len(empty):
        shown = ", ".join(str(column) for column in empty[:5])
        more = ", …" if len(empty) > 5 else ""
        raise InvalidInput(
            f"{len(empty)} of {matrix.shape[1]} columns hold no finite value in any spectrum "
            f"(column {shown}{more}, counted from 0): cut them out, or mask them in the recipe."
        )

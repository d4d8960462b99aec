"""Some rows of a feature set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spectra.observations import Observations
from spectra.spectrum import FloatArray, Source

FeatureArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """Prepared spectra: what methods train on and predict.

    Parameters
    ----------
    flux
        Shape (rows, n), finite.
    wavelength
        Å in vacuum, shape (n,), or None where the columns are not wavelengths (after PCA and the like).
    names, labels, groups, sources
        One entry per row; label and group are None where unknown.
    columns
        Names of the columns where they are not wavelengths, else None.
    positions
        Right ascension and declination in degrees (ICRS), shape (rows, 2), NaN where unknown; None: of none.
    observations
        How the spectra were observed, one entry per row; None: nothing is known.
    """

    flux: FeatureArray
    wavelength: FloatArray | None
    names: Sequence[str]
    labels: Sequence[str | None]
    groups: Sequence[str | None]
    sources: Sequence[Source]
    columns: tuple[str, ...] | None = None
    positions: FloatArray | None = None
    observations: Observations | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.flux)

    def __post_init__(self) -> None:
        """Check that everything has one entry per row.

        Raises
        ------
        ValueError
            It has not.
        """
        rows, n = self.flux.shape
        for name in ("names", "labels", "groups", "sources"):
            if len(getattr(self, name)) != rows:
                raise ValueError(f"a batch of {rows} rows has {len(getattr(self, name))} {name}")
        if self.positions is not None and self.positions.shape != (rows, 2):
            raise ValueError(f"a batch of {rows} rows has positions of shape {self.positions.shape}")
        if self.observations is not None and len(self.observations) != rows:
            raise ValueError(f"a batch of {rows} rows has observations of {len(self.observations)}")
        if self.wavelength is not None and len(self.wavelength) != n:
            raise ValueError(f"a batch of {n} columns has {len(self.wavelength)} wavelengths")

    def select(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> Batch:
        """Return some of the rows.

        Parameters
        ----------
        rows : sequence of int or ndarray
            Indices of the rows, in the order in which they are to come.

        Returns
        -------
        Batch
            A copy of these rows with everything that belongs to them.
        """
        numbers = [int(row) for row in rows]
        return Batch(
            self.flux[numbers],
            self.wavelength,
            [self.names[row] for row in numbers],
            [self.labels[row] for row in numbers],
            [self.groups[row] for row in numbers],
            [self.sources[row] for row in numbers],
            self.columns,
            None if self.positions is None else self.positions[numbers],
            None if self.observations is None else self.observations.select(numbers),
        )

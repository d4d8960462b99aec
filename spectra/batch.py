"""Some rows of a feature set, and how their spectra were observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from spectra.observation.times import Times
from spectra.spectrum import FloatArray, Source

FeatureArray = npt.NDArray[np.float32]
NumberArray = npt.NDArray[np.float32]

#: What is known of a spectrum as a number; names of columns of a feature set.
NUMBERS = ("coverage", "sampling", "resolution", "detail", "snr")


@dataclass(frozen=True, slots=True)
class Observations:
    """One entry per row of a batch.

    Parameters
    ----------
    numbers
        Shape (rows, 5), in the order of `NUMBERS`, NaN where unknown: share of good pixels in the range that
        the recipe needs; wavelength over the width of two pixels, in the middle of it; resolving power as
        stated by the file; difference of neighbouring pixels over that of pixels four apart, small where
        spectra are smooth; signal-to-noise ratio per pixel (DER_SNR).
    instruments
        Survey, telescope and instrument as the file states them, None where it does not.
    times
        When they were observed; None: of none.
    """

    numbers: NumberArray
    instruments: Sequence[str | None] = field(default_factory=list)
    times: Times | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.numbers)

    def select(self, rows: Sequence[int]) -> Self:
        """Return some of the rows, in the order of their indices."""
        return type(self)(
            self.numbers[list(rows)],
            [self.instruments[row] for row in rows],
            None if self.times is None else self.times.select(rows),
        )

    @classmethod
    def unknown(cls, rows: int) -> Self:
        """Return observations of which nothing is known.

        Parameters
        ----------
        rows : int
            How many.

        Returns
        -------
        Observations
            With NaN and None.
        """
        return cls(np.full((rows, len(NUMBERS)), np.nan, dtype=np.float32), [None] * rows)

    @classmethod
    def joined(cls, parts: Sequence[Self | None], sizes: Sequence[int]) -> Self | None:
        """Return the observations of several batches as those of one.

        Parameters
        ----------
        parts : sequence of Observations or None
            Of each batch.
        sizes : sequence of int
            Rows of each.

        Returns
        -------
        Observations or None
            None where nothing is known of any.
        """
        if all(part is None for part in parts):
            return None
        known = [cls.unknown(size) if part is None else part for part, size in zip(parts, sizes, strict=True)]
        instruments = [name for part in known for name in part.instruments]
        times = Times.joined([part.times for part in known], sizes)
        return cls(np.concatenate([part.numbers for part in known]), instruments, times)


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

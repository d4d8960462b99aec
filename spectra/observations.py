"""How the spectra of a batch were observed: coverage, sampling, resolution, noise, and the instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

NumberArray = npt.NDArray[np.float32]

#: What is known of a spectrum as a number; names of columns of a feature set.
NUMBERS = ("coverage", "sampling", "resolution", "snr")


@dataclass(frozen=True, slots=True)
class Observations:
    """One entry per row of a batch.

    Parameters
    ----------
    numbers
        Shape (rows, 4), in the order of `NUMBERS`, NaN where unknown: share of good pixels in the range that
        the recipe needs; wavelength over the width of two pixels, in the middle of it; resolving power as
        stated by the file; signal-to-noise ratio per pixel (DER_SNR).
    instruments
        Survey, telescope and instrument as the file states them, None where it does not.
    """

    numbers: NumberArray
    instruments: Sequence[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.numbers)

    def select(self, rows: Sequence[int]) -> Self:
        """Return some of the rows, in the order of their indices."""
        return type(self)(self.numbers[list(rows)], [self.instruments[row] for row in rows])


def unknown(rows: int) -> Observations:
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
    return Observations(np.full((rows, len(NUMBERS)), np.nan, dtype=np.float32), [None] * rows)


def joined(parts: Sequence[Observations | None], sizes: Sequence[int]) -> Observations | None:
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
    known = [unknown(size) if part is None else part for part, size in zip(parts, sizes, strict=True)]
    instruments = [name for part in known for name in part.instruments]
    return Observations(np.concatenate([part.numbers for part in known]), instruments)

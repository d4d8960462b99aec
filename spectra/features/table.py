"""A table of features of another program (HDF5, NPZ): checked, then copied into a feature set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.air import air_to_vacuum
from spectra.batch import Batch, Observations
from spectra.features.feature_set import FeatureSet
from spectra.features.layout import FeatureSetError
from spectra.features.writer import FeatureSetWriter
from spectra.spectrum import FloatArray, Source

MOST_COLUMNS = 100_000
_ROWS = 4096
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Table:
    """Features and what belongs to them, as found; `check` says whether they fit together.

    Parameters
    ----------
    matrix
        Shape (rows, n), numbers; anything that gives rows by slicing.
    wavelength, columns
        (n,) or None.
    names, labels, groups, instruments
        (rows,) or None; "" is unknown.
    """

    source: Path
    matrix: Any
    wavelength: npt.NDArray[Any] | None
    columns: Sequence[str] | None
    names: Sequence[str] | None
    labels: Sequence[str] | None
    groups: Sequence[str] | None
    instruments: Sequence[str] | None = None

    def check(self) -> None:
        """Reject a table that cannot be a feature set.

        Raises
        ------
        FeatureSetError
            Not a matrix of numbers, or something has the wrong length or no sense.
        """
        shape, kind = self.matrix.shape, self.matrix.dtype.kind
        if len(shape) != 2 or 0 in shape or kind not in "fiu":
            raise FeatureSetError(
                self.source, f"its features are no matrix of numbers (shape {shape}, kind {kind})"
            )
        rows, n = shape
        if n > MOST_COLUMNS:
            raise FeatureSetError(self.source, f"it has {n} columns, at most {MOST_COLUMNS} are read")
        for name, length in (
            ("wavelength", n),
            ("columns", n),
            ("names", rows),
            ("labels", rows),
            ("groups", rows),
            ("instruments", rows),
        ):
            value = getattr(self, name)
            if value is not None and len(value) != length:
                raise FeatureSetError(self.source, f"{length} {name} are needed, it has {len(value)}")
        grid = self.wavelength
        if grid is None:
            return
        numbers = grid.ndim == 1 and grid.dtype.kind in "fiu" and bool(np.isfinite(grid).all())
        if not numbers or grid[0] <= 0 or (np.diff(grid.astype(np.float64)) <= 0).any():
            raise FeatureSetError(self.source, "its wavelengths are not positive, ascending numbers")

    def copy(self, out: Path, *, frame: str, synthetic: bool) -> FeatureSet:
        """Write it as a feature set; wavelengths in air ("air") are converted, the flux is not touched.

        Raises
        ------
        FeatureSetError
            A value is not finite.
        """
        grid: FloatArray | None = None if self.wavelength is None else self.wavelength.astype(np.float64)
        if grid is not None and frame == "air":
            grid = air_to_vacuum(grid)
        columns = None if self.columns is None or grid is not None else tuple(self.columns)
        rows = self.matrix.shape[0]
        with FeatureSetWriter(out, wavelength=grid, columns=columns, synthetic=synthetic) as writer:
            for start in range(0, rows, _ROWS):
                places = range(start, min(start + _ROWS, rows))
                writer.write(
                    Batch(
                        flux=self._flux(places),
                        wavelength=grid,
                        names=[str(place) if self.names is None else self.names[place] for place in places],
                        labels=[
                            None if self.labels is None else self.labels[place] or None for place in places
                        ],
                        groups=[
                            None if self.groups is None else self.groups[place] or None for place in places
                        ],
                        sources=[Source(str(self.source), None, place) for place in places],
                        columns=columns,
                        observations=self._observed(places),
                    )
                )
        return FeatureSet.open(out)

    def _observed(self, places: range) -> Observations | None:
        if self.instruments is None:
            return None
        return replace(
            Observations.unknown(len(places)),
            instruments=[self.instruments[place] or None for place in places],
        )

    def _flux(self, places: range) -> npt.NDArray[np.float32]:
        values = np.asarray(self.matrix[places.start : places.stop])
        bad = ~(np.abs(values) <= _LARGEST).all(axis=1)
        if bad.any():
            row = places.start + int(bad.argmax())
            raise FeatureSetError(
                self.source, f"row {row} (from 0) holds a value that is not finite, or too large"
            )
        return values.astype(np.float32)

"""Writing a feature set."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from spectra.batch import Batch
from spectra.features.layout import FITTED_KEY, META_KEY, SCHEMA, FeatureSetError, arrow_schema, record_batch
from spectra.npz import pack_arrays
from spectra.observation.times import WORDS as TIME_WORDS
from spectra.recipe import Recipe

GROUP_BYTES = 2 << 20
"""A row group holds about so many bytes of features: reading one row costs that much."""
FEWEST_ROWS = 64
"""Of a row group, however long they are."""


class FeatureSetWriter:
    """Writes a feature set batch by batch, under a temporary name until it is complete.

    Parameters
    ----------
    path
        The file that appears when the context ends without an exception; a file of that name is replaced.
    wavelength
        Å in vacuum, shape (n,), or None where the columns are not wavelengths.
    recipe
        What made the features; with what its steps learned.
    columns
        Names of the columns where they are not wavelengths.
    unit
        Of the features.
    synthetic
        Whether the spectra were made by a generator.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        wavelength: npt.ArrayLike | None,
        recipe: Recipe | None = None,
        columns: Sequence[str] | None = None,
        unit: str = "",
        synthetic: bool = False,
    ) -> None:
        self.path = Path(path)
        self.rows = 0
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        self._recipe = recipe if recipe is not None else Recipe([])
        grid = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)
        self._meta: dict[str, Any] = {
            "schema": SCHEMA,
            "wavelength": None if grid is None else grid.tolist(),
            "columns": None if columns is None else list(columns),
            "unit": unit,
            "recipe": self._recipe.to_json(),
            "synthetic": synthetic,
        }
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._columns = 0

    def __enter__(self) -> Self:
        """Create the folder and the temporary file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file, or remove it after an error."""
        try:
            if kind is None:
                self._complete()
            elif self._writer is not None:
                self._writer.close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, batch: Batch) -> None:
        """Append rows.

        Raises
        ------
        FeatureSetError
            Its columns are not those of the set.
        """
        if not len(batch):
            return
        schema = self._open(batch)
        if batch.flux.shape[1] != self._columns:
            raise FeatureSetError(
                self.path, f"rows of {batch.flux.shape[1]} features among rows of {self._columns}"
            )
        self._waiting.append(record_batch(batch, schema))
        self.rows += len(batch)
        self._flush(self._group_rows)

    @property
    def _group_rows(self) -> int:
        return min(max(GROUP_BYTES // (4 * self._columns), FEWEST_ROWS), 65536)

    def _open(self, batch: Batch) -> pa.Schema:
        if self._schema is not None:
            return self._schema
        self._columns = batch.flux.shape[1]
        for key in ("wavelength", "columns"):
            if self._meta[key] is not None and len(self._meta[key]) != self._columns:
                raise FeatureSetError(
                    self.path, f"{len(self._meta[key])} {key} were given for rows of {self._columns} features"
                )
        metadata = {META_KEY: json.dumps(self._meta, ensure_ascii=False, allow_nan=False).encode()}
        state = self._recipe.state()
        if state:
            metadata[FITTED_KEY] = base64.b64encode(pack_arrays(state))
        self._schema = arrow_schema(self._columns).with_metadata(metadata)
        # Features are noise to a compressor and unique to a dictionary: neither gains anything.
        self._writer = pq.ParquetWriter(
            self._temporary,
            self._schema,
            compression="none",
            use_dictionary=["label", "group", "instrument", *TIME_WORDS],
            write_statistics=False,
        )
        return self._schema

    def _flush(self, least: int) -> None:
        """Write as many row groups as there are rows for; the last one has `least` rows at least.

        They are cut at the same rows however these came: who prepares in parts and joins gets the same file.
        """
        if self._writer is None or sum(map(len, self._waiting)) < least:
            return
        table = pa.Table.from_batches(self._waiting, schema=self._schema)
        while len(table) >= least:
            self._writer.write_table(table.slice(0, self._group_rows).combine_chunks())
            table = table.slice(self._group_rows)
        self._waiting = table.to_batches()

    def _complete(self) -> None:
        if self._writer is None:
            raise FeatureSetError(self.path, "no row was written; a feature set has at least one")
        self._flush(1)
        self._writer.close()
        with self._temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        self._temporary.replace(self.path)

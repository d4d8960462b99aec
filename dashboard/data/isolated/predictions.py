"""Reads tables of predictions, which containers wrote, in isolated processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

MOST_ROWS = 1_000_000
LONGEST = 1000  # characters of a name or a class
ROWS_AT_ONCE = 8192
#: Columns that say to which group of similar spectra a row belongs, the finest first.
GROUPS = (("cell_row", "cell_column"), ("cluster",), ("label",))


@dataclass(frozen=True)
class PredictedRow:
    """What a model says of one spectrum.

    Attributes
    ----------
    row
        Of the method's input.
    path, hdu, file_row
        Of the spectrum in its dataset.
    label, probability
        The class, and its probability; None: the model gives none.
    group
        Cell, cluster or class as sortable numbers and texts; empty: the table has none.
    """

    row: int
    path: str
    hdu: int | None
    file_row: int | None
    label: str | None
    probability: float | None
    group: tuple[Any, ...] = ()


def read_predictions(path: Path) -> list[PredictedRow]:
    """Return the rows of a table of predictions, in its order.

    Parameters
    ----------
    path : Path
        ``predictions.parquet`` of a job.

    Raises
    ------
    ValueError
        If it is no such table, or has too many rows.
    """
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        if file.metadata.num_rows > MOST_ROWS:
            raise ValueError(f"it has {file.metadata.num_rows:,} rows; a queue has {MOST_ROWS:,} at most")
        if "row" not in names or "path" not in names:
            raise ValueError("it does not say which spectra its rows are")
        group = next((each for each in GROUPS if set(each) <= set(names)), ())
        wanted = [*dict.fromkeys(("row", "path", "hdu", "file_row", "label", "probability", *group))]
        found = []
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=[name for name in wanted if name in names]):
            found += [_row(one, group) for one in batch.to_pylist()]
    return found


def _row(one: Mapping[str, Any], group: Sequence[str]) -> PredictedRow:
    label, chance = one.get("label"), one.get("probability")
    return PredictedRow(
        int(one["row"]),
        str(one["path"])[:LONGEST],
        one.get("hdu"),
        one.get("file_row"),
        None if label is None else str(label)[:LONGEST],
        float(chance) if isinstance(chance, int | float) and np.isfinite(chance) else None,
        tuple(_sortable(one[name]) for name in group),
    )


def _sortable(value: Any) -> tuple[int, float, str]:
    """Return a value by which numbers come before texts, and nothing comes last."""
    if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
        return (0, float(value), "")
    return (2, 0.0, "") if value is None else (1, 0.0, str(value)[:LONGEST])

"""Predictions as a table of any number of rows: spooled as they come, then written in three formats."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from deepaas_plugins.pipeline.arrow_votable import VOTableWriter
from deepaas_plugins.pipeline.columns import Column, column
from jobfolder.dataset_path import dataset_path
from spectra import Batch
from wire import spreadsheet

#: Longer lists of a prediction (prepared spectra) are in no table: ``features.parquet`` has them.
LONGEST_LIST = 64
PARQUET, CSV, VOTABLE = "predictions.parquet", "predictions.csv", "predictions.vot"
#: Columns that are left out where they say nothing of any row.
WHERE_KNOWN = ("hdu", "file_row", "ra", "dec", "dataset_label")

Json = dict[str, Any]


class PredictionTable:
    """Takes predictions chunk by chunk; `finish` writes the files. Memory does not grow with the rows.

    Chunks of one schema go into one file, as Arrow writes them; what all chunks together need is known only
    at the end.

    Parameters
    ----------
    folder
        Where everything is written.
    prefix
        What the paths of the run's files begin with here (`jobfolder.dataset_path.data_prefix`).
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        self._spools: list[Path] = []
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self._writer_schema: pa.Schema | None = None
        self._known: set[str] = set()
        self.rows = 0

    def __enter__(self) -> PredictionTable:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove what was spooled."""
        self._close()
        for path in self._spools:
            path.unlink(missing_ok=True)

    def add(self, batch: Batch, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Append the (flat) predictions of a batch, one per row."""
        table = self._where_from(batch)
        told = pa.Table.from_pylist(list(predictions))
        for name in told.column_names:
            if name != "name":
                table = table.append_column(name, told[name])
        if "probability" not in table.column_names and "label" in table.column_names:
            best = [_of_label(prediction) for prediction in predictions]
            if any(value is not None for value in best):
                place = table.column_names.index("label") + 1
                table = table.add_column(place, "probability", pa.array(best, pa.float64()))
        self._known |= {name for name in table.column_names if table[name].null_count < len(table)}
        self._spool(table)
        self.rows += len(table)

    def finish(self, model: Mapping[str, Any]) -> list[Column]:
        """Write ``predictions.parquet``, ``.csv`` and ``.vot``, each by rename; return their columns."""
        self._close()
        schemas = [self._open(path).schema for path in self._spools]
        whole = pa.unify_schemas(schemas, promote_options="permissive")
        names = [name for name in whole.names if name in self._known or name not in WHERE_KNOWN]
        # What is null in every row has no type of its own.
        kinds = [
            pa.string() if pa.types.is_null(whole.field(name).type) else whole.field(name).type
            for name in names
        ]
        columns = [column(name, kind) for name, kind in zip(names, kinds, strict=True)]
        schema = pa.schema([one.field() for one in columns])
        with (
            _Parquet(self._folder / f".{PARQUET}", schema) as parquet,
            _Csv(self._folder / f".{CSV}", schema) as csv,
            VOTableWriter(self._folder / f".{VOTABLE}", columns, model) as votable,
        ):
            writers: tuple[_Writer, ...] = (parquet, csv, votable)
            for part in self._parts(schema):
                for writer in writers:
                    writer.write_batch(part)
        for name in (PARQUET, CSV, VOTABLE):
            (self._folder / f".{name}").replace(self._folder / name)
        return columns

    def _where_from(self, batch: Batch) -> pa.Table:
        sources = batch.sources
        places = [None, None] if batch.positions is None else [*batch.positions.T]
        ra, dec = (
            pa.nulls(len(batch), pa.float64()) if place is None else pa.array(place, from_pandas=True)
            for place in places
        )
        return pa.table(
            {
                "row": pa.array(range(self.rows, self.rows + len(batch)), pa.int64()),
                "name": pa.array(batch.names, pa.string()),
                "path": pa.array(
                    [dataset_path(source.path, self._prefix) for source in sources], pa.string()
                ),
                "hdu": pa.array([source.hdu for source in sources], pa.int32()),
                "file_row": pa.array([source.row for source in sources], pa.int64()),
                "ra": ra,
                "dec": dec,
                "dataset_label": pa.array(batch.labels, pa.string()),
            }
        )

    def _spool(self, table: pa.Table) -> None:
        if self._writer is None or self._writer_schema != table.schema:
            self._close()
            path = self._folder / f".predictions.{len(self._spools)}.arrow"
            self._spools.append(path)
            self._writer_schema = table.schema
            self._writer = pa.ipc.new_file(path, table.schema)
        self._writer.write_table(table)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @staticmethod
    def _open(path: Path) -> pa.ipc.RecordBatchFileReader:
        return pa.ipc.open_file(pa.memory_map(str(path)))

    def _parts(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for path in self._spools:
            reader = self._open(path)
            for number in range(reader.num_record_batches):
                part = reader.get_batch(number)
                arrays = [
                    pc.cast(part.column(field.name), field.type)
                    if field.name in part.schema.names
                    else pa.nulls(len(part), field.type)
                    for field in schema
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append rows."""


class _Parquet:
    """Row groups of a size that is read well, however small the batches are."""

    ROWS = 65_536

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pa.parquet.ParquetWriter(path, schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, *_error: object) -> None:
        self._flush()
        self._writer.close()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= self.ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema).combine_chunks())
            self._waiting = []


class _Csv:
    """CSV whose texts no spreadsheet takes for formulas: names come from files of others."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        names = [spreadsheet.cell(name) for name in schema.names]
        self._schema = pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])
        self._writer = pa.csv.CSVWriter(path, self._schema)

    def __enter__(self) -> _Csv:
        return self

    def __exit__(self, *_error: object) -> None:
        self._writer.close()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        arrays = [_cells(column) if pa.types.is_string(column.type) else column for column in batch.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))


def _cells(column: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring_regex(column, spreadsheet.FORMULA)).as_py():
        return column
    return pa.array([spreadsheet.cell(value) for value in column.to_pylist()], column.type)


def flat(prediction: Mapping[str, Any]) -> Json:
    """Return a prediction as scalars.

    Probabilities become ``p_CLASS``, an interval ``interval_low`` and ``interval_high``, objects such as
    ``cell`` ``cell_row`` and ``cell_column``, the causes of a domain the names of what they are about; a set
    and what is none of these becomes JSON; other long lists are left out.
    """
    row: Json = {}
    for key, value in prediction.items():
        if key.endswith("interval") and isinstance(value, list) and len(value) == 2:
            row |= {f"{key}_low": value[0], f"{key}_high": value[1]}
        elif key == "set" and isinstance(value, list):
            row[key] = json.dumps(value)
        elif key == "probabilities" and isinstance(value, Mapping):
            row |= {f"p_{name}": probability for name, probability in value.items()}
        elif key == "domain" and isinstance(value, Mapping):
            row |= {f"domain_{name}": one for name, one in value.items() if name != "causes"}
            about = dict.fromkeys(str(one.get("what")) for one in value.get("causes") or ())
            row["domain_causes"] = ", ".join(about)
        elif isinstance(value, Mapping) and not any(isinstance(one, list | dict) for one in value.values()):
            row |= {f"{key}_{name}": one for name, one in value.items()}
        elif not isinstance(value, list | dict):
            row[key] = value
        elif not (isinstance(value, list) and len(value) > LONGEST_LIST):
            row[key] = json.dumps(value)
    return row


def _of_label(prediction: Mapping[str, Any]) -> float | None:
    found = prediction.get(f"p_{prediction.get('label')}")
    return None if found is None else float(found)

"""The catalogue: a table of profiles and one of lines, in Parquet and VOTable, written chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deepaas_plugins.methods.lines import identification
from deepaas_plugins.methods.lines.answers import columns_of
from deepaas_plugins.methods.lines.measuring import Measured
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES
from deepaas_plugins.pipeline.arrow_votable import VOTableWriter
from deepaas_plugins.pipeline.columns import Column
from spectra import Batch

#: Names of the two tables.
PROFILES, LINES = "profiles", "lines"

_NUMBER = pa.float64()


def _column(
    name: str, description: str, unit: str = "", ucd: str = "", kind: pa.DataType = _NUMBER
) -> Column:
    return Column(name, kind, description, unit, ucd)


_OF_SPECTRUM = (
    _column("row", "Row of the prepared spectra, counted from 0", ucd="meta.record", kind=pa.int64()),
    _column("name", "Name of the spectrum", ucd="meta.id;meta.main", kind=pa.string()),
)
_EW = "Equivalent width, positive in absorption"
PROFILE_COLUMNS = (
    *_OF_SPECTRUM,
    _column("ra", "Right ascension (ICRS)", "deg", "pos.eq.ra;meta.main"),
    _column("dec", "Declination (ICRS)", "deg", "pos.eq.dec;meta.main"),
    _column("dataset_label", "Class that the dataset says", ucd="meta.code.class", kind=pa.string()),
    _column("label", "Class of the profile", ucd="meta.code.class;meta.modelled", kind=pa.string()),
    _column("probability", "Probability of the class", ucd="stat.probability"),
    _column("emission", "Probability of all classes with emission", ucd="stat.probability"),
    _column("ew", _EW, "Angstrom", "spect.line.eqWidth"),
    _column("ew_error", "Error of the equivalent width", "Angstrom", "stat.error;spect.line.eqWidth"),
    _column("velocity", "Centre of the line against its rest wavelength", "km/s", "spect.dopplerVeloc"),
    _column("velocity_error", "Error of the centre", "km/s", "stat.error;spect.dopplerVeloc"),
    _column("fwhm", "Full width at half of the extremum, as observed", "km/s", "spect.line.width"),
    _column("peak", "Largest deviation from the continuum, in units of it", ucd="spect.line.intensity"),
    _column("snr", "Significance of the line", ucd="stat.snr"),
    _column("v_r", "Violet over red peak, above the continuum", ucd="spect.line.intensity;arith.ratio"),
    _column("separation", "Of the violet and the red peak", "km/s", "spect.dopplerVeloc;arith.diff"),
    _column("redshift", "Fitted to all lines", ucd="src.redshift"),
    _column("redshift_margin", "Votes for the redshift over those for the second best", ucd="arith.ratio"),
)
LINE_COLUMNS = (
    *_OF_SPECTRUM,
    _column("line", "Known line that it is", ucd="spect.line;meta.id", kind=pa.string()),
    _column("wavelength", "Centre, in vacuum, as observed", "Angstrom", "em.wl"),
    _column("ew", _EW, "Angstrom", "spect.line.eqWidth"),
    _column("ew_error", "Error of the equivalent width", "Angstrom", "stat.error;spect.line.eqWidth"),
    _column("peak", "Largest deviation from the continuum, in units of it", ucd="spect.line.intensity"),
    _column("fwhm", "Full width at half maximum, as observed", "Angstrom", "spect.line.width"),
    _column("snr", "Significance of the line", ucd="stat.snr"),
)


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append rows."""


class Catalogue:
    """Writes the tables; a context manager. Files appear under their names when they are whole.

    Parameters
    ----------
    folder
        Where.
    kinds
        Of files: ``parquet`` and ``votable``.
    told
        Names and values told in the head of VOTables.
    """

    def __init__(self, folder: Path, kinds: tuple[str, ...], told: Mapping[str, Any]) -> None:
        self._folder = folder
        self._kinds = kinds
        self._told = told
        self._stack = ExitStack()
        self._writers: dict[str, list[_Writer]] = {PROFILES: [], LINES: []}
        self._paths: list[Path] = []

    def __enter__(self) -> Self:
        """Open the files."""
        for table, columns in ((PROFILES, PROFILE_COLUMNS), (LINES, LINE_COLUMNS)):
            if "parquet" in self._kinds:
                schema = pa.schema([one.field() for one in columns])
                path = self._hidden(f"{table}.parquet")
                self._writers[table].append(
                    self._stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
                )
            if "votable" in self._kinds:
                writer = VOTableWriter(self._hidden(f"{table}.vot"), columns, self._told)
                self._writers[table].append(self._stack.enter_context(writer))
        return self

    def _hidden(self, name: str) -> Path:
        self._paths.append(self._folder / f".{name}")
        return self._paths[-1]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the files, or remove them when something went wrong."""
        self._stack.__exit__(kind, error, trace)
        for path in self._paths:
            if kind is None:
                path.replace(path.with_name(path.name.removeprefix(".")))
            else:
                path.unlink(missing_ok=True)

    def add(self, first: int, batch: Batch, measured: Measured) -> None:
        """Append the measurements of a chunk.

        Parameters
        ----------
        first
            Row of its first spectrum.
        batch
            The spectra.
        measured
            What was measured of them.
        """
        if not self._kinds:
            return
        self._write(PROFILES, _profiles(first, batch, measured))
        if measured.found is not None and measured.identified is not None and len(measured.found):
            self._write(LINES, _lines(first, batch, measured))

    def _write(self, table: str, batch: pa.RecordBatch) -> None:
        for writer in self._writers[table]:
            writer.write_batch(batch)


def _profiles(first: int, batch: Batch, measured: Measured) -> pa.RecordBatch:
    count = len(batch)
    label = measured.label
    positions = np.full((count, 2), np.nan) if batch.positions is None else batch.positions
    figures: dict[str, Any] = dict(columns_of(measured))
    figures |= {
        "row": np.arange(first, first + count),
        "name": pa.array(batch.names, pa.string()),
        "ra": positions[:, 0],
        "dec": positions[:, 1],
        "dataset_label": pa.array(batch.labels, pa.string()),
        "label": pa.array([CLASSES[one] if one >= 0 else None for one in label.tolist()], pa.string()),
        "probability": np.where(measured.covered, measured.probabilities.max(axis=1), np.nan),
    }
    return _record_batch(PROFILE_COLUMNS, figures, count)


def _lines(first: int, batch: Batch, measured: Measured) -> pa.RecordBatch:
    found, identified = measured.found, measured.identified
    assert found is not None and identified is not None  # noqa: S101, PT018 - checked by the caller
    names = [one or None for one in identification.names(identified)]
    figures = {
        "row": first + found.row,
        "name": pa.array([batch.names[row] for row in found.row.tolist()], pa.string()),
        "line": pa.array(names, pa.string()),
        "wavelength": found.wavelength,
        "ew": found.ew,
        "ew_error": found.ew_error,
        "peak": found.peak,
        "fwhm": found.fwhm,
        "snr": found.snr,
    }
    return _record_batch(LINE_COLUMNS, figures, len(found))


def _record_batch(columns: tuple[Column, ...], figures: Mapping[str, Any], count: int) -> pa.RecordBatch:
    arrays = [
        pa.array(figures[one.name], one.kind, from_pandas=True)
        if one.name in figures
        else pa.nulls(count, one.kind)
        for one in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([one.field() for one in columns]))

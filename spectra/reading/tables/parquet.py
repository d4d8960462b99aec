"""Parquet: our own feature sets, and tables with spectra as rows or pixels as rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import yaml

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import FLUX, best_axis, first_of, shown_names
from spectra.reading.content import Content
from spectra.reading.grid import VACUUM
from spectra.reading.objects.columns import FactColumns, position
from spectra.reading.planes.errors import ErrorColumn, Errors, error_column, weighed
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.read_error import ReadError
from spectra.reading.tables.parquet_rows import check_values, parquet_rows, sound
from spectra.reading.units.axis_name import axis_name
from spectra.reading.units.frames import frame_of_keyword
from spectra.reading.units.meaning import Said, axis_meaning
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import BoolArray, FloatArray, Provenance, Spectrum, SpectrumMeta

_FEATURES = Provenance(
    axis="wavelength grid of the feature set", unit="Angstrom", unit_known_by="feature sets are in Å",
    frame=VACUUM, frame_known_by="feature sets are in vacuum",
)  # fmt: skip
_UNIT_KEYS = (b"unit", b"units", b"UNIT", b"TUNIT", b"PARQUET:unit")
_COLUMN = re.compile(r"^\s*-\s*(\{.*\})\s*$", re.MULTILINE)
_LONGEST_REMARK = 40
_MOST_PIXELS = 50_000_000


def read_parquet(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row, or one of all rows where each row is a pixel.

    Raises
    ------
    ReadError
        When there are no columns of wavelength and flux, or a feature set has no wavelength grid.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and most readings never need it

    with content.file() as stream, sound():
        file = pq.ParquetFile(stream)
        names = list(file.schema_arrow.names)
        ours = (file.schema_arrow.metadata or {}).get(b"huggins")
        if ours is not None and "features" in names:
            yield from _feature_set(content, file, names, _grid(ours))
        else:
            yield from _table(content, file, names)


def _grid(metadata: bytes) -> FloatArray:
    try:
        described = json.loads(metadata)
    except ValueError as error:
        raise ReadError(f"the description of the feature set is broken ({error})") from error
    wavelength = described.get("wavelength") if isinstance(described, dict) else None
    if not isinstance(wavelength, list):
        raise ReadError(
            "the feature set has no wavelength grid: its columns are features, not a spectrum",
            Fault.NO_SPECTRUM,
        )
    grid = np.array(wavelength, dtype=np.float64)
    grid.flags.writeable = False
    return grid


def _feature_set(
    content: Content, file: Any, names: list[str], grid: FloatArray
) -> Iterator[Spectrum | ReadError]:
    wanted = ("features", "name", "label", "group", "ra", "dec")
    for row, record in enumerate(_records(content, file, names, wanted)):
        meta = SpectrumMeta(
            str(record.get("name") or f"{content.stem}:{row}"),
            *position(record.get("ra"), record.get("dec")),
            label=record.get("label"),
            group=record.get("group"),
            source=content.source(None, row),
            extra={"prepared": True},
        )
        try:
            features = np.array(record["features"], dtype=np.float64)
            yield assemble(Axis(grid), features, meta, provenance=_FEATURES)
        except ReadError as error:
            yield error.within(f"row {row}")


def _records(
    content: Content, file: Any, names: list[str], wanted: tuple[str | None, ...]
) -> Iterator[Mapping[str, Any]]:
    columns = [name for name in dict.fromkeys(wanted) if name is not None and name in names]
    return parquet_rows(file, columns, len(content.data))


def _table(content: Content, file: Any, names: list[str]) -> Iterator[Spectrum | ReadError]:
    axis, flux = best_axis(names), first_of(names, FLUX)
    if axis is None or flux is None:
        raise ReadError(
            f"it has no columns of wavelength and flux (its columns: {shown_names(names, 8)})",
            Fault.NO_SPECTRUM,
        )
    errors, mask = error_column(names, flux), mask_column(names, flux)
    axes = [name for name in names if name != flux and axis_name(name) is not None]
    beside = [errors.name if errors else None, mask, *(name for name in axes if name != axis)]
    facts = FactColumns.of(names)
    pixels = not str(file.schema_arrow.field(flux).type).startswith(("list", "fixed_size_list", "large_list"))
    if pixels:
        content.limits.check(file.metadata.num_rows)
        if file.metadata.num_rows > _MOST_PIXELS:
            raise ReadError(
                f"its {file.metadata.num_rows:,} rows are more than one spectrum can have pixels",
                Fault.TOO_LARGE,
            )
        wanted = [column for column in (axis, flux, *beside) if column]
        check_values(file, wanted, len(content.data), whole=True)
        table = file.read(columns=wanted)
        numbers = {column: table[column].to_numpy() for column in wanted}
        records: Iterator[Mapping[str, Any]] = iter([numbers | _constants(file, facts.names)])
    else:
        records = _records(content, file, names, (axis, flux, *beside, *facts.names))
    remarks = _remarks(file.schema_arrow)
    units = cache(lambda column: stated_units(file.schema_arrow, column))
    unit = cache(lambda column: next((said.text for said in stated_units(file.schema_arrow, column)), ""))
    others = cache(lambda: not pixels and errors is not None and _say_something(content, file, errors.name))
    for row, record in enumerate(records):
        meta = SpectrumMeta(
            content.stem if pixels else f"{content.stem}:{row}",
            source=content.source(None, None if pixels else row),
        )
        meta = facts.told(meta, record.get, unit)
        try:
            fluxes = np.array(record[flux], dtype=np.float64)
            chosen, meaning, named = chosen_axis(
                axis,
                axes,
                partial(_vector, record),
                lambda name, one: axis_meaning(name, units=units(name), comments=remarks, values=one),
            )
            values = np.array(record[chosen], dtype=np.float64)
            known = meaning.provenance(f"column {named}", mask=f"column {mask}" if mask else None)
            ivar, meta, traced = weighed(_errors(record, errors, others), 0, fluxes.shape, meta, known)
            bad = _flags(record, mask, fluxes.shape)
            yield assemble(
                Axis(values, meaning.unit, meaning.frame),
                fluxes,
                meta,
                ivar=ivar,
                flags=bad,
                provenance=traced,
            )
        except ReadError as error:
            yield error.within(f"row {row}")


def _vector(record: Mapping[str, Any], name: str) -> FloatArray | None:
    """Return the numbers of a column in a row; None where it holds none."""
    try:
        return np.array(record[name], dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _remarks(schema: Any) -> list[str]:
    """Return "key = value" of the metadata of a file that state a frame."""
    pairs = [
        (key.decode("utf-8", "replace"), value.decode("utf-8", "replace"))
        for key, value in (schema.metadata or {}).items()
        if len(value) <= _LONGEST_REMARK
    ]
    return [f"{key} = {value}" for key, value in pairs if frame_of_keyword(key, value)]


def _errors(
    record: Mapping[str, Any], column: ErrorColumn | None, others: Callable[[], bool]
) -> Errors | None:
    values = None if column is None else record.get(column.name)
    if column is None or values is None:
        return None
    return Errors(column.source, [np.array(values, dtype=np.float64)], others)


def _say_something(content: Content, file: Any, column: str) -> bool:
    """Whether any row of a column of arrays has a positive number; mostly the first row tells."""
    return any(
        (np.array(record[column], dtype=np.float64) > 0.0).any()
        for record in _records(content, file, [column], (column,))
        if record[column] is not None
    )


def _flags(record: Mapping[str, Any], name: str | None, shape: tuple[int, ...]) -> BoolArray | None:
    values = None if name is None else record.get(name)
    if name is None or values is None:
        return None
    flags = bad_of(np.array(values, dtype=np.float64), name)
    return flags if flags.shape == shape else None


def stated_units(schema: Any, column: str, inner: str = "") -> list[Said]:
    """Return what the file states of the unit of a column: astropy's table metadata, the field's metadata.

    Parameters
    ----------
    schema
        Arrow schema of the file.
    column
        Name of the column.
    inner
        Name of the field in it, where the column is a structure (or a list of structures).
    """
    units = []
    described = (schema.metadata or {}).get(b"table_meta_yaml", b"").decode("utf-8", "replace")
    for line in _COLUMN.findall(described):
        try:
            entry = yaml.safe_load(line)
        except yaml.YAMLError:
            continue
        if isinstance(entry, dict) and entry.get("name") == column and isinstance(entry.get("unit"), str):
            units.append(Said(entry["unit"], "table_meta_yaml"))
    field = schema.field(column)
    kinds = [field.type, getattr(field.type, "value_type", field.type)]
    within = [kind.field(inner) for kind in kinds if inner and hasattr(kind, "get_field_index")]
    own = (within[0] if within else field).metadata or {}
    place = "the column's metadata"
    return units + [Said(own[key].decode("utf-8", "replace"), place) for key in _UNIT_KEYS if key in own]


def _constants(file: Any, columns: list[str]) -> dict[str, Any]:
    """Return the values of columns that are the same in every row: they tell of the one object of all."""
    import pyarrow.compute as pc  # noqa: PLC0415

    table = file.read(columns=columns) if columns else None
    distinct = {} if table is None else {name: pc.unique(table[name]) for name in columns}
    return {name: values[0].as_py() for name, values in distinct.items() if len(values) == 1}

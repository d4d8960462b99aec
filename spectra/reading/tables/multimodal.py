"""Multimodal Universe (and alike): Parquet with a column ``spectrum`` of arrays flux, ivar, lambda, mask.

Design of the data sets (https://github.com/MultimodalUniverse/MultimodalUniverse, "Design document"): lambda
in Å, -1 where a row is padded; mask True where a pixel is bad; object_id, ra, dec beside it. The arrays are
the fields of a structure, a list of structures, or columns spectrum_flux, spectrum_lambda …
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.keywords import put
from spectra.reading.planes.errors import weights
from spectra.reading.planes.masks import bad_of
from spectra.reading.provenance import with_errors
from spectra.reading.read_error import ReadError
from spectra.reading.surveys import apogee
from spectra.reading.tables.parquet import stated_units
from spectra.reading.tables.parquet_rows import check_values, sound
from spectra.reading.units.meaning import Rule, Said, axis_meaning
from spectra.spectrum import BoolArray, Spectrum, SpectrumMeta

_AXES = ("lambda", "wavelength", "wave", "lam")
_PREFIXES = ("spectrum_", "spectrum.")
_ROWS = 64
_NAMES = ("object_id", "name", "id")
_REDSHIFTS = ("Z", "z", "redshift", "ZSPEC")
_CLASSES = ("label", "class", "CLASS", "spectype", "SPECTYPE")
_MODEL = Rule("the design of the Multimodal Universe", "Angstrom", reach=(1000.0, 30000.0))
"""It holds spectra of SDSS, DESI, Gaia, APOGEE, VIPERS, and of supernovae."""

Arrays = Mapping[str, npt.NDArray[Any]]


def is_multimodal(content: Content) -> bool:
    """Whether a Parquet file has spectra as structures or columns spectrum_…; False if it is broken."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and most readings never need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with content.file() as stream:
            return bool(_fields(pq.read_schema(stream)))
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return False


def _fields(schema: Any) -> dict[str, tuple[str, str]]:
    """Return by name of an array the column and field that hold it; nothing where there are no spectra."""
    import pyarrow as pa  # noqa: PLC0415

    for column in schema:
        kind = column.type.value_type if pa.types.is_list(column.type) else column.type
        if pa.types.is_struct(kind):
            names = [field.name for field in kind]
            if "flux" in names and any(name in names for name in _AXES):
                return {name: (column.name, name) for name in names}
    flat = {
        name.removeprefix(prefix): (name, "")
        for prefix in _PREFIXES
        for name in schema.names
        if name.startswith(prefix)
    }
    return flat if "flux" in flat and any(name in flat for name in _AXES) else {}


def read_multimodal(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row.

    Raises
    ------
    ReadError
        When the file is broken or holds no such column.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and most readings never need it

    with content.file() as stream, sound():
        file = pq.ParquetFile(stream)
        fields = _fields(file.schema_arrow)
        if not fields:
            raise ReadError("it has no column spectrum with arrays flux and lambda", Fault.NO_SPECTRUM)
        column, field = next(fields[name] for name in _AXES if name in fields)
        units = stated_units(file.schema_arrow, column, field)
        for row, (arrays, facts) in enumerate(_rows(file, fields, len(content.data))):
            try:
                yield _spectrum(content, row, arrays, facts, units)
            except ReadError as error:
                yield error.within(f"row {row}")


def _rows(
    file: Any, fields: Mapping[str, tuple[str, str]], size: int
) -> Iterator[tuple[Arrays, Mapping[str, Any]]]:
    wanted = (*_AXES, "flux", "ivar", "mask", "pix_bitmask", "bitmask")
    columns = {column for name, (column, _) in fields.items() if name in wanted}
    facts = [
        name for name in file.schema_arrow.names if name in {*_NAMES, *_REDSHIFTS, *_CLASSES, "ra", "dec"}
    ]
    at_once = min(_ROWS, check_values(file, columns, size))
    for batch in file.iter_batches(batch_size=at_once, columns=[*columns, *facts]):
        for row in range(batch.num_rows):
            arrays = {
                name: _array(batch.column(column)[row], field)
                for name, (column, field) in fields.items()
                if name in wanted
            }
            yield arrays, {name: batch.column(name)[row].as_py() for name in facts}


def _array(cell: Any, field: str) -> npt.NDArray[Any]:
    """Return the numbers of a cell: a list, the field of a structure of lists, or of a list of structures."""
    if not cell.is_valid:
        return np.empty(0)
    if not field:
        values = cell.values
    elif hasattr(cell, "values") and not hasattr(cell, "keys"):
        values = cell.values.field(field)
    else:
        values = cell[field].values
    return np.empty(0) if values is None else np.asarray(values.to_numpy(zero_copy_only=False))


def _spectrum(
    content: Content, row: int, arrays: Arrays, facts: Mapping[str, Any], units: Sequence[Said]
) -> Spectrum:
    axis = next(name for name in _AXES if name in arrays)
    values, flux = (np.asarray(arrays[name], dtype=np.float64) for name in (axis, "flux"))
    content.limits.check(len(flux))
    if values.shape != flux.shape:
        raise ReadError(f"its axis has shape {values.shape} and its flux {flux.shape}", Fault.BAD_AXIS)
    real = values > 0.0
    ivar = arrays.get("ivar")
    weight = None if ivar is None or ivar.shape != flux.shape else weights(ivar.astype(np.float64), "ivar")
    flags, mask = _flags(arrays, flux.shape)
    meaning = axis_meaning(axis, units=units, rules=[_MODEL], values=values[real])
    known = meaning.provenance(f"field {axis}", mask=mask)
    if weight is not None:
        known = with_errors(known, "field ivar", "ivar")
    return assemble(
        Axis(values[real], meaning.unit, meaning.frame), flux[real], _meta(content, row, facts),
        ivar=None if weight is None else weight[real],
        flags=None if flags is None else flags[real], provenance=known,
    )  # fmt: skip


def _flags(arrays: Arrays, shape: tuple[int, ...]) -> tuple[BoolArray | None, str | None]:
    for name in ("mask", "pix_bitmask", "bitmask"):
        values = arrays.get(name)
        if values is not None and values.shape == shape:
            numbers = values.astype(np.float64)
            return (bad_of(numbers, name) if name == "mask" else apogee.bad_bits(numbers)), f"field {name}"
    return None, None


def _meta(content: Content, row: int, facts: Mapping[str, Any]) -> SpectrumMeta:
    identifier = _first(facts, _NAMES)
    label = _first(facts, _CLASSES)
    extra: dict[str, Any] = {}
    put(extra, redshift=_number(_first(facts, _REDSHIFTS)))
    name = content.stem if identifier is None else str(identifier)
    return SpectrumMeta(
        f"{name}:{row}" if identifier is None else name, _number(facts.get("ra")), _number(facts.get("dec")),
        label=label if isinstance(label, str) and label else None, group=None if identifier is None else name,
        source=content.source(None, row), extra=extra,
    )  # fmt: skip


def _first(facts: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((facts[name] for name in names if facts.get(name) is not None), None)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else None

"""The rows of Gaia's tables of spectra, by column, whatever the file: FITS, VOTable, CSV or ECSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

_COEFFICIENTS = ("bp_coefficients", "rp_coefficients")
_SAMPLING_NAMES = ("pos", "sampling")
_FIELD = re.compile(rb"<FIELD\b[^>]*\bname\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
_HEAD = 1 << 16
_LONGEST_CELL = 1 << 20
_MISSING = {"", "null", "nan", "--", "none"}

Row = Mapping[str, Any]


class Sampling(NamedTuple):
    """Wavelengths that a file gives beside its fluxes, shape (n,), and the unit that it states for them."""

    values: FloatArray
    place: str
    unit: str = ""


def is_gaia(names: Iterable[str]) -> bool:
    """Whether columns are those of Gaia's spectra: a source, and fluxes or coefficients without an axis."""
    plain = {name.lower() for name in names}
    if "source_id" not in plain or plain & {"wavelength", "lambda", "wave"}:
        return False
    return "flux" in plain or bool(plain & set(_COEFFICIENTS))


def is_gaia_fits(file: FitsFile) -> bool:
    """Whether a FITS file has a table of Gaia's spectra."""
    return any(is_gaia(hdu.columns) for hdu in file.tables())


def is_gaia_text(content: Content) -> bool:
    """Whether the first line of a text that is no comment names the columns of Gaia's spectra."""
    return is_gaia(_names(content))


def is_gaia_votable(content: Content) -> bool:
    """Whether the fields of a VOTable are those of Gaia's spectra."""
    found = _FIELD.findall(bytes(content.data[:_HEAD]))
    return is_gaia(name.decode("latin-1") for name in found)


def gaia_rows(content: Content) -> tuple[Iterator[Row], Sampling | None, Hdu | None]:
    """Return the rows by column name in small letters, the sampling that the file itself gives, the HDU.

    Raises
    ------
    ReadError
        When the file holds coefficients, or is broken.
    """
    if content.head[:6] == b"SIMPLE":
        return _fits_rows(content.fits)
    if content.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return *_votable_rows(content), None
    _reject_coefficients(_names(content))
    return _text_rows(content), _sampling_beside(content), None


def _reject_coefficients(names: Iterable[str]) -> None:
    plain = {name.lower() for name in names}
    if plain & set(_COEFFICIENTS) and "flux" not in plain:
        raise ReadError(
            "it holds Gaia XP_CONTINUOUS coefficients, not a spectrum: sample them with GaiaXPy first "
            "(gaiaxpy.calibrate)",
            Fault.NO_SPECTRUM,
        )


def _fits_rows(file: FitsFile) -> tuple[Iterator[Row], Sampling | None, Hdu]:
    table = next(hdu for hdu in file.tables() if is_gaia(hdu.columns))
    _reject_coefficients(table.columns)
    given = (
        Sampling(
            np.ravel(hdu.column(name.upper())), f"column {name} of HDU {hdu.index}", hdu.unit(name.upper())
        )
        for hdu in file.tables()
        for name in _SAMPLING_NAMES
        if hdu is not table and name.upper() in hdu.columns
    )
    return _fits_cells(table), next(given, None), table


def _fits_cells(table: Hdu) -> Iterator[Row]:
    wanted = [name for name in ("RA", "DEC", "FLUX", "FLUX_ERROR") if name in table.columns]
    columns = {name.lower(): table.column(name) for name in wanted}
    identifiers = table.integers("SOURCE_ID")
    for row in range(table.rows):
        yield {"source_id": int(identifiers[row]), **{name: values[row] for name, values in columns.items()}}


def _votable_rows(content: Content) -> tuple[Iterator[Row], Sampling | None]:
    from spectra.reading.tables.votable import parsed_tables  # noqa: PLC0415 - astropy is heavy

    tables = [
        (table, {field.name.lower(): field.ID for field in table.fields}) for table in parsed_tables(content)
    ]
    spectra, names = next((table, names) for table, names in tables if is_gaia(names))
    _reject_coefficients(names)
    sampling = next(
        (
            Sampling(np.ravel(table.array[by_name[name]]), f"field {name}", _unit_of(table, name))
            for table, by_name in tables
            for name in _SAMPLING_NAMES
            if name in by_name
        ),
        None,
    )
    return ({name: record[field] for name, field in names.items()} for record in spectra.array), sampling


def _unit_of(table: Any, name: str) -> str:
    field = next(field for field in table.fields if field.name.lower() == name)
    return "" if field.unit is None else str(field.unit)


def _plain_lines(content: Content) -> Iterator[str]:
    text = io.TextIOWrapper(io.BytesIO(bytes(content.data)), "utf-8-sig", "replace")
    return (line for line in text if line.strip() and not line.startswith("#"))


def _names(content: Content) -> list[str]:
    lines = bytes(content.data[:_HEAD]).decode("utf-8-sig", "replace").splitlines()
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return [name.strip(" \"'") for name in re.split(r"[,;\s]+", first.strip())]


def _text_rows(content: Content) -> Iterator[Row]:
    content.limits.check_lines(bytes(content.data).count(b"\n"))
    lines = _plain_lines(content)
    first = next(lines)
    delimiter = "," if "," in first else ";" if ";" in first else " "
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter))]
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            yield dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise ReadError(f"its text is broken ({error})") from error
    finally:
        csv.field_size_limit(previous)


def _sampling_beside(content: Content) -> Sampling | None:
    beside = content.beside("_sampling")
    if beside is None:
        return None
    rows = list(_text_rows(beside))
    name = next((name for name in _SAMPLING_NAMES if rows and name in rows[0]), None)
    if name is None:
        return None
    cells = [cell_numbers(row[name]) for row in rows]
    values = np.concatenate([cell for cell in cells if cell is not None])
    return Sampling(values, f"column {name} of the file …_sampling")


def cell_numbers(cell: object) -> FloatArray | None:
    """Return the numbers of a cell.

    Parameters
    ----------
    cell
        An array, or text such as ``(1, 2)``, ``[1,2]``, ``{1 null}``.

    Returns
    -------
    ndarray or None
        Shape (n,); None where there are none.

    Raises
    ------
    ReadError
        When a text is no list of numbers.
    """
    if cell is None:
        return None
    if not isinstance(cell, str):
        values: npt.NDArray[Any] = np.ma.filled(np.ma.asarray(cell).astype(np.float64), np.nan)
        return values.ravel() if values.size else None
    words = [word for word in re.split(r"[,\s]+", cell.strip(" \"'()[]{}")) if word]
    try:
        numbers = [np.nan if word.lower() in _MISSING else float(word) for word in words]
    except ValueError as error:
        raise ReadError(f"its array is no list of numbers ({error})") from error
    return np.array(numbers) if numbers else None

"""What a file holds, before any of it is a spectrum: HDUs, tables, arrays and columns with their units."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from spectra.reading.archive import Archive, holds_archive
from spectra.reading.content import Content
from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.formats import recognise
from spectra.reading.tables.utf_16 import utf_16_codec

_MOST_COLUMNS = 60
_MOST_PARTS = 200
_TEXTS = ("text", "gaia", "libreesprit")
_HEAD = 4096
_TEXT = 1 << 20
"""Bytes of a text in which its columns are looked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """One HDU, table or array of a file.

    Parameters
    ----------
    place
        "HDU 1 (COADD)", "table 0", "array flux" …
    kind
        "image", "table", "header only" …
    shape
        Of the image or array; of a table (rows,).
    columns
        Names, with the unit behind a name in brackets where the file states one.
    """

    place: str
    kind: str
    shape: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return one line for people."""
        size = "×".join(map(str, self.shape))
        named = f": {', '.join(self.columns)}" if self.columns else ""
        return shown(f"{self.place}: {self.kind}{f' {size}' if size else ''}{named}")


def shown(text: str) -> str:
    """Return a text of a file as it may be printed: a terminal obeys the control characters in it."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def parts_of(content: Content) -> list[Part]:
    """List the parts of a file; none where its structure cannot be told, at most 200."""
    try:
        if holds_archive(content):
            return _members(content)
        head = content.head
        read = next((read for marks, read in _READERS if head.startswith(marks)), None)
        if read is None:
            read = _text if recognise(content).name in _TEXTS else _nothing
        return read(content)[:_MOST_PARTS]
    except Exception:  # noqa: BLE001 - hostile bytes make libraries raise anything; the reason is told elsewhere
        return []


def _nothing(_: Content) -> list[Part]:
    return []


def _members(content: Content) -> list[Part]:
    with Archive(content) as archive:
        return [Part(f"member {name}", "file") for name in archive.names[:_MOST_PARTS]]


def _fits(content: Content) -> list[Part]:
    return [_of_hdu(hdu) for hdu in content.fits.hdus[:_MOST_PARTS]]


def _of_hdu(hdu: Hdu) -> Part:
    place = f"HDU {hdu.index} ({hdu.name})" if hdu.name else f"HDU {hdu.index}"
    if hdu.is_table:
        names = list(hdu.columns)[:_MOST_COLUMNS]
        return Part(place, "table", (hdu.rows,), tuple(_named(name, hdu.unit(name)) for name in names))
    return Part(place, "image", hdu.shape) if hdu.is_image else Part(place, "header only")


def _npz(content: Content) -> list[Part]:
    with content.file() as file, zipfile.ZipFile(file) as archive:
        return [Part(f"array {name.removesuffix('.npy')}", "NumPy array") for name in archive.namelist()]


def _parquet(content: Content) -> list[Part]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and most files are not of this format

    with content.file() as stream:
        file = pq.ParquetFile(stream)
        fields = list(file.schema_arrow)[:_MOST_COLUMNS]
        names = tuple(str(field.name) for field in fields)
        return [Part("table", "Parquet", (file.metadata.num_rows,), names)]


def _votable(content: Content) -> list[Part]:
    from spectra.reading.tables.votable import parsed_tables  # noqa: PLC0415 - loads astropy

    found = []
    for number, table in enumerate(parsed_tables(content)):
        fields = table.fields[:_MOST_COLUMNS]
        columns = tuple(_named(field.name or field.ID, str(field.unit or "")) for field in fields)
        found.append(Part(f"table {number}", "VOTable", (len(table.array),), columns))
    return found


def _text(content: Content) -> list[Part]:
    from spectra.reading.tables.dialect import text_table  # noqa: PLC0415 - FITS files need no YAML

    raw = bytes(content.data[:_TEXT])
    table = text_table(raw.decode(utf_16_codec(raw[:_HEAD]) or "utf-8-sig", "replace"))
    names = table.names or [f"column {number + 1}" for number in range(len(table.cells(table.lines[0])))]
    columns = tuple(_named(name, table.units.get(name, "")) for name in names[:_MOST_COLUMNS])
    rows = () if len(content.data) > _TEXT else (len(table.lines),)
    return [Part("table", "text", rows, columns)]


def _named(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


_READERS: tuple[tuple[tuple[bytes, ...], Callable[[Content], list[Part]]], ...] = (
    ((b"SIMPLE",), _fits),
    ((b"PK\x03\x04",), _npz),
    ((b"PAR1",), _parquet),
    ((b"<", b"\xef\xbb\xbf<"), _votable),
)

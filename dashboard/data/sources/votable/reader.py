"""Reads a VOTable element by element: memory is bounded by one row, and no declaration is followed.

Expat tells of elements; document types and entities, by which a small document grows without bound, end the
reading. The rows are those of the first TABLE that has any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from dashboard.data.sources.votable.table import (
    BinaryRowsError,
    Column,
    Parameter,
    Row,
    ServiceDescriptor,
    TableError,
    TableFault,
    TableHead,
)

DEEPEST = 60
LONGEST_CELL = 1_000_000  # characters
MOST_COLUMNS = 2000
MOST_PARAMETERS = 5000
ENCODED = frozenset({"BINARY", "BINARY2", "FITS", "PARQUET"})
TEXTS = frozenset({"TD", "INFO", "DESCRIPTION"})


def read_table(blocks: Iterable[bytes], take: Callable[[Row], None], most_rows: int) -> TableHead:
    """Read a document.

    Parameters
    ----------
    blocks : iterable of bytes
        The document.
    take : callable
        Gets each row: a text for each column, None where there is no value.
    most_rows : int
        Rows that are taken; the others are counted.

    Returns
    -------
    TableHead
        Everything but the rows.

    Raises
    ------
    TableError
        If it is no VOTable.
    BinaryRowsError
        If the rows are encoded.
    """
    reading = _Reading(take, most_rows)
    for block in blocks:
        reading.feed(block)
    return reading.end()


class _Reading:
    """The state of reading one document."""

    def __init__(self, take: Callable[[Row], None], most_rows: int) -> None:
        self.head = TableHead()
        self._take = take
        self._most = most_rows
        self._open: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._row: Row = []
        self._seen_root = False
        self._tables = 0  # 1: in the first one with rows; 2: after it
        self._is_encoded = False
        self._info: Mapping[str, str] = {}
        self._service: ServiceDescriptor | None = None
        self._service_depth = 0
        self._parameter: Parameter | None = None
        self._column: dict[str, str] | None = None
        self._beginning = b""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._finish
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._declared
        parser.EntityDeclHandler = self._declared
        self._parser = parser

    def feed(self, block: bytes) -> None:
        if len(self._beginning) < 512:
            self._beginning += block[:512]
            if is_html(self._beginning):
                raise TableError(TableFault.HTML, "")
        self._parse(block, False)

    def end(self) -> TableHead:
        self._parse(b"", True)
        if self._is_encoded:
            raise BinaryRowsError(self.head)
        return self.head

    def _parse(self, block: bytes, final: bool) -> None:
        try:
            self._parser.Parse(block, final)
        except expat.ExpatError as error:
            raise TableError(TableFault.NOT_XML, " ".join(str(error).split())) from error

    def _declared(self, *_: object) -> None:
        raise TableError(TableFault.DECLARATION, f"line {self._parser.CurrentLineNumber}")

    def _start(self, name: str, given: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if not self._seen_root:
            self._seen_root = True
            if name != "VOTABLE":
                raise TableError(TableFault.NOT_VOTABLE, f"it begins with {name[:40]}")
        self._open.append(name)
        if len(self._open) > DEEPEST:
            raise TableError(TableFault.DEPTH, f"line {self._parser.CurrentLineNumber}")
        if name in TEXTS:
            self._text, self._length = [], 0
        handler = getattr(self, f"_start_{name.lower()}", None)
        if handler is not None:
            handler(given)
        elif name in ENCODED and not self._tables:
            self._is_encoded, self._tables = True, 1

    def _start_resource(self, given: dict[str, str]) -> None:
        if given.get("utype", "").lower() == "adhoc:service" and self._service is None:
            self._service = ServiceDescriptor(given.get("ID", ""))
            self._service_depth = len(self._open)

    def _start_table(self, _given: dict[str, str]) -> None:
        if not self._tables:
            self.head.columns = []

    def _start_field(self, given: dict[str, str]) -> None:
        if not self._tables:
            if len(self.head.columns) >= MOST_COLUMNS:
                raise TableError(TableFault.SIZE, f"more than {MOST_COLUMNS} columns")
            self._column = given
            self.head.columns.append(_column(given))

    def _start_param(self, given: dict[str, str]) -> None:
        parameter = Parameter(
            given.get("name", ""),
            given.get("value", ""),
            given.get("ref", ""),
            given.get("unit", ""),
            given.get("ucd", ""),
            given.get("datatype", ""),
            given.get("xtype", ""),
        )
        self._parameter = parameter
        service = self._service
        kept = self.head.parameters if service is None else service.inputs
        if service is not None and "GROUP" not in self._open[self._service_depth :]:
            if parameter.name == "accessURL":
                service.access_url = parameter.value
            elif parameter.name.lower() == "standardid":
                service.standard = parameter.value
        elif len(kept) < MOST_PARAMETERS:
            kept.append(parameter)

    def _start_min(self, given: dict[str, str]) -> None:
        if self._parameter is not None:
            self._parameter.least = given.get("value", "")

    def _start_max(self, given: dict[str, str]) -> None:
        if self._parameter is not None:
            self._parameter.most = given.get("value", "")

    def _start_option(self, given: dict[str, str]) -> None:
        if self._parameter is not None and len(self._parameter.options) < MOST_COLUMNS:
            self._parameter.options.append(given.get("value", ""))

    def _start_info(self, given: dict[str, str]) -> None:
        self._info = given

    def _start_tr(self, _given: dict[str, str]) -> None:
        self._row = []

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._length += len(text)
            if self._length > LONGEST_CELL:
                raise TableError(TableFault.SIZE, f"a cell at line {self._parser.CurrentLineNumber}")
            self._text.append(text)

    def _finish(self, name: str) -> None:
        name = name.rpartition(":")[2]
        text = "" if self._text is None else "".join(self._text).strip()
        if name in TEXTS:
            self._text = None
        if name == "TD":
            if len(self._row) <= MOST_COLUMNS:
                self._row.append(text or None)
        elif name == "TR":
            self._finish_row()
        elif name in FINISHES:
            FINISHES[name](self, text)
        self._open.pop()

    def _finish_row(self) -> None:
        if self._tables > 1:
            return
        self._tables = 1
        self.head.rows += 1
        if self.head.rows <= self._most:
            missing = len(self.head.columns) - len(self._row)
            self._take(self._row + [None] * missing if missing > 0 else self._row[: len(self.head.columns)])

    def _finish_info(self, text: str) -> None:
        name, value = self._info.get("name", ""), self._info.get("value", "")
        if name.upper() == "QUERY_STATUS":
            # A table that was cut says OVERFLOW at its end, after an OK at its beginning.
            if value.upper() != "OK" or not self.head.status:
                self.head.status, self.head.message = value.upper(), text
        elif len(self.head.infos) < MOST_COLUMNS:
            self.head.infos[name] = value

    def _finish_description(self, text: str) -> None:
        parent = self._open[-2] if len(self._open) > 1 else ""
        if parent == "PARAM" and self._parameter is not None:
            self._parameter.description = text[:1000]
        elif parent == "FIELD" and self._column is not None:
            self.head.columns[-1] = _column(self._column, text[:1000])

    def _finish_resource(self, _text: str) -> None:
        if self._service is not None and len(self._open) == self._service_depth:
            self.head.services.append(self._service)
            self._service = None

    def _finish_table(self, _text: str) -> None:
        if self._tables:
            self._tables = 2  # the rows of further tables are not read

    def _finish_param(self, _text: str) -> None:
        self._parameter = None

    def _finish_field(self, _text: str) -> None:
        self._column = None


FINISHES: Mapping[str, Callable[[_Reading, str], None]] = {
    "INFO": _Reading._finish_info,  # noqa: SLF001 - of this module
    "DESCRIPTION": _Reading._finish_description,  # noqa: SLF001
    "RESOURCE": _Reading._finish_resource,  # noqa: SLF001
    "TABLE": _Reading._finish_table,  # noqa: SLF001
    "PARAM": _Reading._finish_param,  # noqa: SLF001
    "FIELD": _Reading._finish_field,  # noqa: SLF001
}


def _column(given: Mapping[str, str], description: str = "") -> Column:
    return Column(
        given.get("name") or given.get("ID", ""),
        given.get("ID", ""),
        given.get("ucd", ""),
        given.get("utype", ""),
        given.get("datatype", ""),
        given.get("unit", ""),
        description,
    )


def is_html(beginning: bytes) -> bool:
    """Return whether a document begins as an HTML page."""
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if text.startswith(b"<?xml"):
        text = text.partition(b"?>")[2].lstrip()
    return text.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))

"""XML from users: without document types, entities, or anything fetched from elsewhere.

What a document holds is decided on its parsed events (expat), never on its text: prefixes, quotes, comments
and CDATA hide nothing from a parser. One pass, in time linear in the size of the document.
"""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.read_error import ReadError
from spectra.reading.tables.promised import Promised

_MAX_BYTES = 512 * 1024**2
_MAX_DEPTH = 64
"""Elements within each other; VOTables of archives have about ten."""
_MAX_TOKEN = 1024**2
"""Characters of all attributes of an element, of a comment, or of a processing instruction."""
_MAX_ELEMENTS = 100_000
"""Elements other than the rows and cells of tables and the points of spectra."""
_MAX_FIELDS = 2_000
"""Columns of all tables: astropy takes milliseconds for each."""
_NUMEROUS = frozenset({"TR", "TD", "Point"})
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
"""Encodings in which "<" is the byte 3C; every parser reads them alike."""


def safe_xml(content: Content) -> bytes:
    """Return the bytes of an XML document that may be parsed by others.

    Raises
    ------
    ReadError
        When it is not well formed, declares a document type or entities, points to data elsewhere (a STREAM
        with href, XInclude), holds a FITS file, is in another encoding than UTF-8, ASCII or Latin-1, or is
        larger or nested deeper than documents with spectra are.
    """
    data = content.data
    most = min(_MAX_BYTES, content.limits.text)
    if len(data) > most:
        raise ReadError(
            f"it is an XML document of {len(data):,} bytes; the most is {most:,}", Fault.TOO_LARGE
        )
    text = bytes(data)
    if b"\x00" in text:
        raise _encoding()
    _Check(Promised(text)).parse(text)
    return text


class _Check:
    """Rejects a document while expat walks through it."""

    def __init__(self, promised: Promised) -> None:
        self._promised = promised
        self._depth = 0
        self._elements = self._fields = 0
        self._parser = expat.ParserCreate()
        self._parser.ordered_attributes = True
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartDoctypeDeclHandler = self._declared
        self._parser.EntityDeclHandler = self._declared
        self._parser.ExternalEntityRefHandler = self._declared
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CommentHandler = self._comment
        self._parser.ProcessingInstructionHandler = self._instruction

    def parse(self, text: bytes) -> None:
        """Walk through the document at once: a parser that is fed pieces looks at long tokens again."""
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            raise ReadError(f"its XML is broken ({error})") from error

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise _encoding()

    def _declared(self, *_declaration: object) -> NoReturn:
        raise ReadError("its XML declares a document type or entities, which are never read", Fault.FORBIDDEN)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ReadError(f"its XML has more than {_MAX_DEPTH} elements within each other", Fault.TOO_LARGE)
        local = name.rpartition(":")[2]
        if local not in _NUMEROUS:
            self._count(local, attributes)
        if attributes:
            _check_length(sum(map(len, attributes)))

    def _count(self, local: str, attributes: list[str]) -> None:
        """Look at an element that is no row, cell or point."""
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise ReadError(f"its XML has more than {_MAX_ELEMENTS:,} elements beside its rows")
        known = local.upper()
        self._fields += known == "FIELD"
        if self._fields > _MAX_FIELDS:
            raise ReadError(f"its tables have more than {_MAX_FIELDS:,} columns", Fault.TOO_LARGE)
        if known in {"TABLE", "FIELD"}:
            self._promised.check(known, dict(zip(attributes[::2], attributes[1::2], strict=True)))
        if known == "FITS":
            raise ReadError("its data are a FITS file inside of XML, which is never read", Fault.FORBIDDEN)
        names = attributes[::2]
        if known == "STREAM" and any(name.rpartition(":")[2].lower() == "href" for name in names):
            raise ReadError(
                "its data lie elsewhere (STREAM with href), which is never fetched", Fault.FORBIDDEN
            )
        if known == "INCLUDE" or _XINCLUDE in attributes[1::2]:
            raise ReadError("it includes documents (XInclude), which are never fetched", Fault.FORBIDDEN)

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _comment(self, text: str) -> None:
        _check_length(len(text))

    def _instruction(self, target: str, text: str) -> None:
        _check_length(len(target) + len(text))


def _check_length(length: int) -> None:
    if length > _MAX_TOKEN:
        raise ReadError(
            f"its XML has a tag, comment or instruction of more than {_MAX_TOKEN:,} characters",
            Fault.TOO_LARGE,
        )


def _encoding() -> ReadError:
    return ReadError("its XML encoding is not UTF-8, ASCII or Latin-1", Fault.UNKNOWN_FORMAT)

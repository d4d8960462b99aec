"""XML from users: without document types, entities, or anything fetched from elsewhere."""

from __future__ import annotations

import re

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.read_error import ReadError

_MAX_BYTES = 512 * 1024**2
_DECLARED = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_FETCHED = re.compile(rb"<\s*(?:[\w.-]+:)?STREAM\b[^>]*\bhref\b", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)[\"']", re.IGNORECASE)
_PLAIN = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin-1"}


def safe_xml(content: Content) -> bytes:
    """Return the bytes of an XML document that may be parsed.

    Raises
    ------
    ReadError
        When it declares a document type or entities, points to data elsewhere, or is in an encoding that
        could hide such (only encodings in which "<" is the byte 3C are taken).
    """
    data = content.data
    most = min(_MAX_BYTES, content.limits.text)
    if len(data) > most:
        raise ReadError(
            f"it is an XML document of {len(data):,} bytes; the most is {most:,}", Fault.TOO_LARGE
        )
    text = bytes(data)
    encoding = _ENCODING.search(text[:512])
    if b"\x00" in text or (encoding and encoding[1].lower() not in _PLAIN):
        raise ReadError("its XML encoding is not UTF-8, ASCII or Latin-1", Fault.UNKNOWN_FORMAT)
    if _DECLARED.search(text):
        raise ReadError("its XML declares a document type or entities, which are never read", Fault.FORBIDDEN)
    if _FETCHED.search(text):
        raise ReadError("its data lie elsewhere (STREAM with href), which is never fetched", Fault.FORBIDDEN)
    return text

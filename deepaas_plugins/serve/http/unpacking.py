"""Undo the Content-Encoding of a body while it arrives (RFC 9110, section 8.4.1).

aiohttp would do it too, but answers codings that it does not know in a text of its own, before any handler
is asked.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from deepaas_plugins.serve.problems import Problem

#: The codings that are taken, and what zlib calls their formats.
_GZIP, _ZLIB, _RAW = 31, 15, -15
CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}

#: What a caller is told that sends another.
ACCEPTED = "gzip, deflate"

#: Bytes that are unpacked at once.
PIECE = 2**18

#: A gzip body may have so many members: looking for the next one costs a copy of what is left.
MOST_MEMBERS = 10_000


def coding_of(headers: list[str]) -> str:
    """Return the coding of a body, "" where it has none.

    Parameters
    ----------
    headers
        The values of ``Content-Encoding``.

    Raises
    ------
    Problem
        415: it is not known, or there are several.
    """
    named = [name.strip().lower() for value in headers for name in value.split(",")]
    codings = [name for name in named if name not in {"", "identity"}]
    if not codings:
        return ""
    if len(codings) > 1 or codings[0] not in CODINGS:
        text = f"The Content-Encoding {', '.join(codings)!r} is not known here"
        text += ": send the body as it is, or packed by gzip."
        raise Problem(415, text, {"Accept-Encoding": ACCEPTED})
    return codings[0]


class Unpacker:
    """Unpacks a body of which more and more is fed.

    Parameters
    ----------
    coding
        One of `CODINGS`.
    """

    def __init__(self, coding: str) -> None:
        self._format = CODINGS[coding]
        self._members = 0
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what a portion unpacks to, in pieces of at most `PIECE` bytes.

        Parameters
        ----------
        data
            The portion.

        Yields
        ------
        bytes
            A piece.

        Raises
        ------
        Problem
            400: it is not packed so.
        """
        full = False
        while data or (full and self._stream is not None):
            stream = self._stream or self._begin(data)
            try:
                piece = stream.decompress(data, PIECE)
            except zlib.error as error:
                raise _broken(str(error)) from None
            if piece:
                yield piece
            full = len(piece) == PIECE  # more may wait within zlib, without further input
            if stream.eof:
                data, self._stream = stream.unused_data, None
            else:
                data = stream.unconsumed_tail

    def close(self) -> None:
        """Check that the body was whole.

        Raises
        ------
        Problem
            400: it is cut short.
        """
        if self._stream is not None:
            raise _broken("it is cut short")

    def _begin(self, data: bytes) -> zlib._Decompress:
        if self._members >= (MOST_MEMBERS if self._format == _GZIP else 1):
            raise _broken("more follows behind its end")
        self._members += 1
        form = self._format
        if form == _ZLIB and data[0] & 15 != 8:
            form = _RAW  # what "deflate" is to some clients (section 8.4.1.2)
        self._stream = zlib.decompressobj(form)
        return self._stream


def _broken(reason: str) -> Problem:
    return Problem(400, f"The body is broken, or cannot be unpacked as its Content-Encoding says: {reason}.")

"""Split a ``multipart/form-data`` body into its parts while it arrives (RFC 7578, RFC 2046 5.1).

One reader for small bodies, which are in memory as a whole, and for large ones, which are not: the same form
has the same answer, whatever its size and framing. What is not known (an encoding of a part) is rejected,
not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from deepaas_plugins.serve.http.part_head import PartHead, part_head
from deepaas_plugins.serve.http.transfer_encoding import Decoder, decoder
from deepaas_plugins.serve.problems import Problem

#: Bytes of a part's headers, and of the padding behind a boundary.
LONGEST_HEADERS, LONGEST_PADDING = 8192, 256

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One field that is in memory: a text, or a file where `filename` is not None."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


def boundary_of(content_type: str) -> bytes:
    """Return the boundary of a ``Content-Type`` header.

    Raises
    ------
    Problem
        400: there is none.
    """
    found = _BOUNDARY.search(content_type)
    if not found:
        raise Problem(400, "The request is multipart without a boundary in its Content-Type.")
    return (found[1] or found[2]).encode("latin-1", "replace")


class _State(Enum):
    PREAMBLE = auto()
    BOUNDARY = auto()
    HEAD = auto()
    CONTENT = auto()
    EPILOGUE = auto()


class Splitter:
    """Splits a body of which more and more is fed.

    Parameters
    ----------
    boundary
        From `boundary_of`.
    most
        Parts that are taken at most.
    """

    def __init__(self, boundary: bytes, most: int) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._state = _State.PREAMBLE
        self._buffer, self._place = b"\r\n", 0  # the first boundary need not have a line end before it
        self._parts, self._most = 0, most
        self._first = False
        self._decoder: Decoder | None = None

    def feed(self, data: bytes) -> Iterator[PartHead | bytes | None]:
        """Yield what a portion of the body completes.

        Parameters
        ----------
        data
            The portion, of any length.

        Yields
        ------
        PartHead, bytes or None
            The head of a part, portions of its content (decoded), and None at its end.

        Raises
        ------
        Problem
            400: the body is not what the boundary promises; 413: it has too many parts; 415: see `part_head`.
        """
        begins = self._state is _State.PREAMBLE and self._buffer == b"\r\n"
        if begins and data.startswith(self._delimiter[2:]):
            # So begins nearly every body: one that is in memory need not be copied.
            self._buffer, self._place, self._state = data, len(self._delimiter) - 2, _State.BOUNDARY
        else:
            self._buffer, self._place = self._buffer[self._place :] + data, 0
        while True:
            state = self._state
            if state is _State.CONTENT:
                yield from self._content()
            elif state is _State.HEAD:
                if (head := self._head()) is not None:
                    yield head
            elif state is _State.BOUNDARY:
                self._after_boundary()
            elif state is _State.PREAMBLE:
                self._preamble()
            else:
                self._place = len(self._buffer)  # what follows the last boundary is nothing (RFC 2046)
            if self._state is state:
                return  # what comes next is not there yet

    def close(self) -> None:
        """Check that the body was whole.

        Raises
        ------
        Problem
            400: it holds no boundary, or is cut short.
        """
        if self._state is _State.PREAMBLE:
            raise Problem(400, "The multipart body does not hold its boundary.")
        if self._state is not _State.EPILOGUE:
            raise Problem(400, "The multipart body is cut short: its last boundary is missing.")

    def _preamble(self) -> None:
        found = self._buffer.find(self._delimiter, self._place)
        if found < 0:
            self._place = max(self._place, len(self._buffer) - len(self._delimiter) + 1)
            return
        self._place = found + len(self._delimiter)
        self._state = _State.BOUNDARY

    def _after_boundary(self) -> None:
        if self._buffer.startswith(b"--", self._place):
            self._state = _State.EPILOGUE
            return
        line = self._buffer.find(b"\r\n", self._place, self._place + LONGEST_PADDING)
        if line < 0:
            begun = self._buffer[self._place : self._place + LONGEST_PADDING]
            broken = begun.strip(b" \t") not in {b"", b"-", b"\r"} or len(begun) == LONGEST_PADDING
        else:
            broken = bool(self._buffer[self._place : line].strip(b" \t"))
        if broken:
            raise Problem(400, "The multipart body is broken after a boundary.")
        if line < 0:
            return
        if self._parts >= self._most:
            raise Problem(413, f"The request has more than {self._most} parts.")
        self._parts += 1
        self._place = line
        self._state = _State.HEAD

    def _head(self) -> PartHead | None:
        # The headers' last line ends where the empty line begins; a part without headers has the empty line
        # at once.
        most = self._place + LONGEST_HEADERS + 4
        gap = self._buffer.find(b"\r\n\r\n", self._place, most)
        end = self._buffer.find(self._delimiter, self._place, most if gap < 0 else gap)
        if end >= 0 or (gap < 0 and len(self._buffer) >= most):
            raise Problem(400, "A part of the multipart body has no end of its headers.")
        if gap < 0:
            return None
        head = part_head(self._buffer[self._place + 2 : gap])
        self._decoder = decoder(head.encoding)
        self._place = gap + 2  # a boundary may share the empty line's end, where the part is empty
        self._first = True
        self._state = _State.CONTENT
        return head

    def _content(self) -> Iterator[bytes | None]:
        end = self._buffer.find(self._delimiter, self._place)
        stop = end if end >= 0 else len(self._buffer) - len(self._delimiter) + 1
        if self._first:
            if end < 0 and stop < self._place + 2:
                return
            self._first = False
            self._place = min(self._place + 2, max(stop, self._place))
        if stop > self._place:
            piece = self._buffer[self._place : stop]
            self._place = stop
            yield piece if self._decoder is None else self._decoder.feed(piece)
        if end >= 0:
            if self._decoder is not None:
                yield self._decoder.close()
            yield None
            self._place = end + len(self._delimiter)
            self._state = _State.BOUNDARY


def split(body: bytes, boundary: bytes, most: int) -> list[Part]:
    """Split a body that is in memory into its parts.

    Parameters
    ----------
    body
        All of it.
    boundary, most
        See `Splitter`.

    Raises
    ------
    Problem
        See `Splitter`.
    """
    splitter = Splitter(boundary, most)
    parts: list[Part] = []
    head: PartHead | None = None
    content = b""
    for event in splitter.feed(body):
        if isinstance(event, PartHead):
            head, content = event, b""
        elif event is not None:
            content = content + event if content else event
        elif head is not None:
            parts.append(Part(head.name, head.filename, head.content_type, content))
    splitter.close()
    return parts

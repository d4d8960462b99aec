"""A FITS header, looked up in its raw bytes.

A LAMOST header has 150 cards and a reader wants a dozen: only those are parsed. Cards that break the
standard (IRAF writes such) cannot stand in the way of the others. Layout: FITS Standard 4.0, 3.3.1
(2880-byte blocks) and 4.1 (80-byte cards, value from byte 11).

The files of a survey have the same keywords in the same places: a `Layout` says where they are, and one is
kept for all headers whose keywords are equal, so that the next file's need no looking up.
"""

from __future__ import annotations

import math
import mmap
import re
import sys
from functools import lru_cache

import numpy as np

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

BLOCK = 2880
CARD = 80
_LARGEST = sys.float_info.max
MAX_HEADER = 16 * 1024 * 1024
_END = b"END     "
_KEYWORD = 8
_REMARKS = (b"COMMENT ", b"HISTORY ")
_LAYOUTS_KEPT = 256
_LONGEST_KEPT = 300 * _KEYWORD  # bytes of keywords: bounds the memory of what is kept
_READ_BLOCKS = (8, 64, 512, MAX_HEADER // BLOCK)  # most headers are short: 8 blocks hold 288 cards
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?")

Value = str | int | float | bool | None


class Layout:
    """The keywords of a header and where each card begins; never changed, shared by many headers.

    Parameters
    ----------
    keywords
        Those of all cards up to and without END, eight bytes each, behind each other.

    Attributes
    ----------
    data_start
        How many bytes the header takes, END and padding included.
    remark_places
        Where the cards COMMENT and HISTORY begin.
    """

    __slots__ = ("_places", "data_start", "remark_places")

    def __init__(self, keywords: bytes) -> None:
        words = [keywords[at : at + _KEYWORD] for at in range(0, len(keywords), _KEYWORD)]
        last = (len(words) - 1) * CARD
        self.data_start = (len(words) * CARD // BLOCK + 1) * BLOCK
        self.remark_places = tuple(place * CARD for place, word in enumerate(words) if word in _REMARKS)
        # Backwards, so that the first of equal keywords is the one that stays.
        self._places = dict(zip(words[::-1], range(last, -1, -CARD), strict=True))

    def place(self, keyword: str) -> int | None:
        """Return where the first card of a keyword begins, or None."""
        return self._places.get(padded(keyword))


_kept_layout = lru_cache(_LAYOUTS_KEPT)(Layout)


@lru_cache(4096)
def padded(keyword: str) -> bytes:
    """Return a keyword as it stands in a card: eight bytes."""
    return b"%-8b" % keyword.encode("ascii")


class Header:
    """The cards of one HDU.

    Parameters
    ----------
    raw
        Bytes that begin with the first card.
    layout
        Where its keywords are.
    """

    __slots__ = ("layout", "raw")

    def __init__(self, raw: bytes, layout: Layout) -> None:
        self.raw = raw
        self.layout = layout

    def card(self, keyword: str) -> bytes | None:
        """Return what stands right of ``KEYWORD =`` (value and comment), or None."""
        at = self.layout.place(keyword)
        if at is None or self.raw[at + 8 : at + 9] != b"=":
            return None
        return self.raw[at + 9 : at + CARD]

    def remarks(self) -> list[str]:
        """Return the texts of the cards COMMENT and HISTORY, in their order."""
        return [
            self.raw[at + _KEYWORD : at + CARD].decode("latin-1").strip() for at in self.layout.remark_places
        ]

    def get(self, keyword: str) -> Value:
        """Return the value of a keyword: str, bool, int, float; None where absent, empty or illegal."""
        field = self.card(keyword)
        return None if field is None else _value(field)

    def comment(self, keyword: str) -> str:
        """Return the comment of a card, "" where it has none."""
        field = self.card(keyword)
        if field is None:
            return ""
        text = field.decode("latin-1").strip()
        if text.startswith("'"):
            text = text[1:].replace("''", "").partition("'")[2]
        return text.partition("/")[2].strip()

    def text(self, keyword: str) -> str:
        """Return a value as text without surrounding blanks; "" where absent."""
        value = self.get(keyword)
        return "" if value is None else str(value).strip()

    def number(self, keyword: str) -> float | None:
        """Return a value as a finite number (a number within quotes counts), else None."""
        field = self.card(keyword)
        if field is None:
            return None
        token = field.partition(b"/")[0].strip(b" '")
        try:
            number = float(token)
        except ValueError:
            value = _value(field)  # an exponent written with D, as Fortran does
            number = value if isinstance(value, float) else math.inf
        # float() takes underscores, "nan" and "inf", FITS does not
        return number if -_LARGEST <= number <= _LARGEST and b"_" not in token else None

    def integer(self, keyword: str, default: int | None = None) -> int:
        """Return a whole number that the structure of the file hangs on.

        Raises
        ------
        ReadError
            When the card is absent (and there is no default) or holds no whole number.
        """
        value = self.get(keyword)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise ReadError(f"the FITS header has no whole number in {keyword}")
        return value

    def joined(self, stem: str) -> str:
        """Return the text of ``STEM_001``, ``STEM_002`` … as IRAF splits it (blanks at line ends count)."""
        parts = []
        for number in range(1, 1000):
            field = self.card(f"{stem}_{number:03d}")
            if field is None:
                break
            value = _value(field, keep_blanks=True)
            # IRAF fills a continued value to 68 characters; some writers cut the blanks at its end.
            parts.append(str(value or "").ljust(68))
        return "".join(parts).rstrip()


def _value(field: bytes, *, keep_blanks: bool = False) -> Value:
    stripped = field.lstrip()
    if stripped[:1] == b"'":
        end = stripped.find(b"'", 1)
        if end > 0 and not keep_blanks and stripped[end + 1 : end + 2] != b"'":
            return stripped[1:end].rstrip().decode("latin-1")
        return _text(stripped, keep_blanks=keep_blanks)
    token = stripped.partition(b"/")[0].strip()
    if token in {b"T", b"F"}:
        return token == b"T"
    if _NUMBER.fullmatch(token):
        if token.lstrip(b"+-").isdigit():
            return int(token) if len(token) <= 20 else None
        return float(token.replace(b"D", b"E").replace(b"d", b"e"))
    return token.decode("latin-1") if token and keep_blanks else None


def _text(field: bytes, *, keep_blanks: bool) -> str:
    end = 1
    while True:
        end = field.find(b"'", end)
        if end < 0:
            end = len(field)
            break
        if field[end + 1 : end + 2] != b"'":
            break
        end += 2
    text = field[1:end].replace(b"''", b"'").decode("latin-1")
    return text if keep_blanks else text.rstrip()


def find_layout(start: bytes) -> Layout | None:
    """Return the layout of the header that begins here, or None where its END card is not among the bytes."""
    keywords = np.ndarray((len(start) // CARD,), f"S{_KEYWORD}", start, 0, CARD).tobytes()
    at = keywords.find(_END)
    while at > 0 and at % _KEYWORD:  # within two keywords
        at = keywords.find(_END, at + 1)
    if at < 0:
        return None
    return _kept_layout(keywords[:at]) if at <= _LONGEST_KEPT else Layout(keywords[:at])


def read_header(data: bytes | memoryview | mmap.mmap, offset: int = 0) -> tuple[Header, int]:
    """Find the header that begins at `offset`.

    Returns
    -------
    tuple
        The header and the offset of the data behind it.

    Raises
    ------
    ReadError
        When no END card follows within the file or within 16 MiB.
    """
    for blocks in _READ_BLOCKS:
        chunk = bytes(data[offset : offset + blocks * BLOCK])
        layout = find_layout(chunk)
        if layout is not None:
            return Header(chunk, layout), offset + layout.data_start
        if len(chunk) < blocks * BLOCK:
            break
    raise ReadError(
        "the FITS header has no END card: the file is cut short or is no FITS file", Fault.TRUNCATED
    )

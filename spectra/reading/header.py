"""A FITS header, looked up in its raw bytes.

A LAMOST header has 150 cards and a reader wants a dozen: finding those is many times quicker than parsing all, and
cards that break the standard (IRAF writes such) cannot stand in the way of the others.
Layout: FITS Standard 4.0, §3.3.1 (2880-byte blocks) and §4.1 (80-byte cards, value from byte 11).
"""

from __future__ import annotations

import re

from spectra.reading.refusal import Refusal

BLOCK = 2880
CARD = 80
MAX_HEADER = 16 * 1024 * 1024
_END = b"END" + b" " * 5
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?")

Value = str | int | float | bool | None


class Header:
    """The cards of one HDU.

    Parameters
    ----------
    raw
        The cards' bytes, from the first card up to the END card.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def card(self, keyword: str) -> bytes | None:
        """Return what stands right of ``KEYWORD =`` (value and comment), or None."""
        raw = self.raw
        sought = b"%-8b=" % keyword.encode("ascii")
        at = raw.find(sought)
        while at >= 0:
            if at % CARD == 0:
                return raw[at + 9 : at + CARD]
            at = raw.find(sought, at + 1)
        return None

    def get(self, keyword: str) -> Value:
        """Return the value of a keyword: str, bool, int, float; None where absent, empty or illegal."""
        field = self.card(keyword)
        return None if field is None else _value(field)

    def text(self, keyword: str) -> str:
        """Return a value as text without surrounding blanks; "" where absent."""
        value = self.get(keyword)
        return "" if value is None else str(value).strip()

    def number(self, keyword: str) -> float | None:
        """Return a value as a finite number (a number within quotes counts), else None."""
        value = self.get(keyword)
        if isinstance(value, bool) or value is None:
            return None
        try:
            number = float(value)
        except ValueError:
            return None
        return number if abs(number) <= 1.7976931348623157e308 else None

    def integer(self, keyword: str, default: int | None = None) -> int:
        """Return a whole number that the structure of the file hangs on.

        Raises
        ------
        Refusal
            When the card is absent (and there is no default) or holds no whole number.
        """
        value = self.get(keyword)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refusal(f"the FITS header has no whole number in {keyword}")
        return value

    def joined(self, stem: str) -> str:
        """Return the text of ``STEM_001``, ``STEM_002`` … as IRAF splits it (blanks at line ends count)."""
        parts = []
        for number in range(1, 1000):
            field = self.card(f"{stem}_{number:03d}")
            if field is None:
                break
            value = _value(field, keep_blanks=True)
            # IRAF fills a continued value to the full 68 characters; the closing quote's blanks were cut by writers.
            parts.append(str(value or "").ljust(68))
        return "".join(parts).rstrip()


def _value(field: bytes, *, keep_blanks: bool = False) -> Value:
    stripped = field.lstrip()
    if stripped[:1] == b"'":
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


def read_header(data: bytes | memoryview, offset: int = 0) -> tuple[Header, int]:
    """Find the header that begins at `offset`.

    Returns
    -------
    tuple
        The header and the offset of the data behind it.

    Raises
    ------
    Refusal
        When no END card follows within the file or within 16 MiB.
    """
    chunk = bytes(data[offset : offset + 16 * BLOCK])
    end = _find_end(chunk)
    if end < 0 and len(chunk) == 16 * BLOCK:
        chunk = bytes(data[offset : offset + MAX_HEADER])
        end = _find_end(chunk)
    if end < 0:
        raise Refusal("the FITS header has no END card: the file is cut short or is no FITS file")
    size = (end + CARD + BLOCK - 1) // BLOCK * BLOCK
    return Header(chunk[:end]), offset + size


def _find_end(chunk: bytes) -> int:
    at = chunk.find(_END)
    while at >= 0 and at % CARD:
        at = chunk.find(_END, at + 1)
    return at

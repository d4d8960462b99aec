"""Unpack files of Unix compress (.Z): LZW with codes of 9 to 16 bits.

Welch 1984, IEEE Computer 17(6), 8, as ncompress writes it: a byte of flags behind the magic (bits 0 to 4 the
longest code, bit 7 whether code 256 clears the table), codes from the low bits of each byte up, and at every
change of their length the rest of a group of eight codes skipped. An entry of the table is the string of the
code before and one byte more: both lie behind each other in the output, so that a place and a length in it
are all that is kept of an entry.
"""

from __future__ import annotations

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

LZW = b"\x1f\x9d"
_SHORTEST, _LONGEST = 9, 16
_CLEAR = 256
_BROKEN = "its data, packed with compress (.Z), are broken"


def unpack_lzw(packed: bytes, cap: int) -> bytes:
    """Unpack a .Z file.

    Parameters
    ----------
    packed
        The whole file.
    cap
        Largest result, bytes.

    Raises
    ------
    ReadError
        When it is broken or would be larger than the cap.
    """
    if len(packed) < 3 or packed[2] & 0x60 or not _SHORTEST <= packed[2] & 0x1F <= _LONGEST:
        raise ReadError(_BROKEN)
    longest, clears = packed[2] & 0x1F, bool(packed[2] & 0x80)
    codes, table = _Codes(packed), _Table(_CLEAR + 1 if clears else _CLEAR, longest)
    while True:
        if table.is_full(codes.width) and codes.width < longest:
            codes.begin_group(codes.width + 1)
        code = codes.next()
        if code is None:
            return bytes(table.out)
        if clears and code == _CLEAR:
            codes.begin_group(_SHORTEST)
            table.clear()
            continue
        table.write(code)
        if len(table.out) > cap:
            raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)


class _Codes:
    """Reads codes; eight of one width are a group."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._start = self._place = 3
        self._buffer = self._held = 0
        self.width = _SHORTEST

    def next(self) -> int | None:
        """Return the next code; None at the end."""
        while self._held < self.width:
            if self._place >= len(self._packed):
                return None
            self._buffer |= self._packed[self._place] << self._held
            self._place, self._held = self._place + 1, self._held + 8
        code = self._buffer & ((1 << self.width) - 1)
        self._buffer, self._held = self._buffer >> self.width, self._held - self.width
        return code

    def begin_group(self, width: int) -> None:
        """Skip the rest of the group and go on with codes of another width (eight of n bits are n bytes)."""
        self._place += (self._start - self._place) % self.width
        self._start = self._place
        self._buffer = self._held = 0
        self.width = width


class _Table:
    """The strings seen so far, as places in the output."""

    def __init__(self, first: int, longest: int) -> None:
        self.out = bytearray()
        self._entries: list[tuple[int, int]] = []
        self._first, self._most = first, (1 << longest) - first
        self._before: tuple[int, int] | None = None

    def is_full(self, width: int) -> bool:
        """Whether the next entry needs a longer code."""
        return self._before is not None and self._first + len(self._entries) >= 1 << width

    def clear(self) -> None:
        """Forget all strings."""
        self._entries.clear()
        self._before = None

    def write(self, code: int) -> None:
        """Write the string of a code, and enter the one before with its first byte.

        Raises
        ------
        ReadError
            When there is no such code.
        """
        if self._before is not None and len(self._entries) < self._most:
            self._entries.append((self._before[0], self._before[1] + 1))
        at = len(self.out)
        if code < _CLEAR:
            self.out.append(code)
        elif self._first <= code < self._first + len(self._entries):
            origin, length = self._entries[code - self._first]
            # The last byte of the newest entry is not written yet: it is its own first.
            self.out += self.out[origin : origin + length]
            if len(self.out) - at < length:
                self.out.append(self.out[at])
        else:
            raise ReadError(_BROKEN)
        self._before = (at, len(self.out) - at)

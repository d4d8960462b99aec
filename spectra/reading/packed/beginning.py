"""The beginning of a file, unpacked as far as it is needed.

igzip unpacks all that it is given, whatever is asked of it: so it is given the packed bytes piece by piece.
How large the first piece should be, the files before tell: those of a survey pack alike.
"""

from __future__ import annotations

import mmap

from spectra.reading.packed.gunzip import BROKEN, GZIP, decompressor

_LARGEST = 8 << 20  # of an unpacked file, bytes; caps what a bomb can unpack to
_MOST_SIZES = 4096
_FIRST_SHARE = 0.5
_NEXT_SHARE = 1 / 32
_SPARE = 1.02
_SLOWLY = 0.1


class Shares:
    """Which share of the packed bytes was needed of the files before, by their unpacked size."""

    def __init__(self) -> None:
        self._kept: dict[int, float] = {}

    def get(self, size: int) -> float:
        """Return the share that a file of this size will need."""
        return self._kept.get(size, _FIRST_SHARE)

    def learn(self, size: int, share: float) -> None:
        """Remember which share one file of this size needed."""
        if len(self._kept) >= _MOST_SIZES:
            self._kept.clear()
        before = self._kept.get(size, share)
        self._kept[size] = before + _SLOWLY * (_SPARE * share - before)


class Beginning:
    """A file that was not packed.

    Parameters
    ----------
    data
        All its bytes.

    Attributes
    ----------
    data
        What is unpacked by now.
    size
        How many bytes the whole file has, unpacked, as far as it says.
    """

    __slots__ = ("data", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def until(self, end: int) -> bytes | None:
        """Return the first `end` bytes or more; None where the file is shorter, or broken."""
        return self.data if len(self.data) >= end else None


class _Packed(Beginning):
    """A gzipped file."""

    __slots__ = ("_inflater", "_shares", "_stored", "_taken")

    def __init__(self, stored: bytes, size: int, shares: Shares) -> None:
        self._stored, self._shares = stored, shares
        self._inflater = decompressor()
        first = int(len(stored) * shares.get(size)) + 1
        self.size, self._taken = size, first
        self.data: bytes = self._inflater.decompress(stored[:first], size + 1)

    def until(self, end: int) -> bytes | None:
        packed, piece = len(self._stored), int(len(self._stored) * _NEXT_SHARE) + 1
        while len(self.data) < end:
            if self._taken >= packed:
                return None
            part = self._stored[self._taken : self._taken + piece]
            self._taken += piece
            try:
                self.data += self._inflater.decompress(part, self.size + 1)
            except BROKEN:
                return None
        if len(self.data) > self.size:
            return None
        self._shares.learn(self.size, self._taken / packed * end / len(self.data))
        return self.data


def begin(stored: bytes | mmap.mmap, shares: Shares) -> Beginning | None:
    """Unpack a first part of a file; None where it is empty, broken, or too large to be kept."""
    if not isinstance(stored, bytes) or len(stored) > _LARGEST:
        return None
    if stored[:2] != GZIP:
        return Beginning(stored)
    size = int.from_bytes(stored[-4:], "little")
    if not 0 < size <= _LARGEST:
        return None
    try:
        return _Packed(stored, size, shares)
    except BROKEN:
        return None

"""Unpacking gzip (RFC 1952): whole files, streams, and beginnings only.

Nothing here believes a size that the bytes themselves promise: unpacking stops at a cap.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_inflate: Any = zlib
with suppress(ImportError):  # the core package installs without isal; zlib reads the same, three times slower
    from isal import isal_zlib as _inflate

BROKEN: tuple[type[Exception], ...] = (zlib.error, _inflate.error)
"""What broken bytes make a decompressor raise."""

MAX_UNPACKED = 2 * 1024**3
"""A gunzipped file may be this large, in bytes."""
MAX_RATIO = 1100
"""Deflate cannot pack tighter than 1032:1: a size promised beyond this is no reason to make room for it."""
GZIP = b"\x1f\x8b"
_LONGEST_START = 32 * 1024**2
_PIECE = 1 << 20
_FIRST_STEP = 1 << 10
_MOST_MEMBERS = 200_000
"""Members of one file; bgzip makes one per 64 kB."""


def decompressor() -> Any:
    """Return an object with zlib's `decompress`, `eof` and so on, for one gzip member."""
    return _inflate.decompressobj(wbits=31)


def gunzip(packed: bytes | mmap.mmap, cap: int = MAX_UNPACKED) -> bytes:
    """Unpack gzip (RFC 1952), several members one behind the other included.

    Parameters
    ----------
    packed
        The bytes.
    cap
        Largest result, bytes.

    Raises
    ------
    ReadError
        When the bytes are broken or cut short, or the result would be larger than the cap.
    """
    # The last four bytes promise the size: in an honest file one call with one buffer does. Never trusted,
    # but a file that itself promises too much is not unpacked to find out.
    promised = int.from_bytes(packed[-4:], "little")
    if cap < promised <= len(packed) * MAX_RATIO:
        raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
    room = min(promised + 1, cap, len(packed) * MAX_RATIO)
    inflater = decompressor()
    try:
        part: bytes = inflater.decompress(packed, max(room, 1))
    except BROKEN as error:
        raise ReadError(f"its gzip data are broken ({error})") from error
    rest: bytes = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    parts = [part, *_unpacked(iter([rest]), None if inflater.eof else inflater, cap - len(part))]
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _unpacked(pieces: Iterator[bytes], inflater: Any, cap: int) -> Iterator[bytes]:
    """Unpack members one behind the other; what follows the last member is passed over.

    A decompressor copies what it did not take: it is given little at first, and more while a member goes on.
    The time is so linear in the size, whatever the members' sizes are.

    Parameters
    ----------
    pieces
        Of the packed bytes.
    inflater
        Of a member that has begun; None at a member's beginning.
    cap
        Largest result, bytes.

    Raises
    ------
    ReadError
        As `gunzip` does, for `cap` bytes of this part, and when there are too many members.
    """
    total = members = 0
    step = _FIRST_STEP if inflater is None else _PIECE
    for piece in pieces:
        view, place = memoryview(piece), 0
        while place < len(view):
            if inflater is None:
                if not GZIP.startswith(view[place : place + 2]):
                    return
                inflater, step, members = decompressor(), _FIRST_STEP, members + 1
                if members > _MOST_MEMBERS:
                    raise ReadError(f"it has more than {_MOST_MEMBERS:,} gzip members", Fault.TOO_LARGE)
            given = view[place : place + step]
            part = _decompressed(inflater, given)
            left = len(inflater.unused_data if inflater.eof else inflater.unconsumed_tail)
            if not part and left == len(given):
                raise ReadError("its gzip data are broken (no progress)")
            place, step = place + len(given) - left, min(2 * step, _PIECE)
            total += len(part)
            yield _within(part, total, cap)
            if inflater.eof:
                inflater = None
    while inflater is not None and (part := _decompressed(inflater, b"")):  # what it holds back
        total += len(part)
        yield _within(part, total, cap)
        inflater = None if inflater.eof else inflater
    if inflater is not None:
        raise ReadError("its gzip data are cut short", Fault.TRUNCATED)


def _decompressed(inflater: Any, given: bytes | memoryview) -> bytes:
    try:
        part: bytes = inflater.decompress(given, _PIECE)
    except BROKEN as error:
        raise ReadError(f"its gzip data are broken ({error})") from error
    return part


def _within(part: bytes, total: int, cap: int) -> bytes:
    if total > cap:
        raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
    return part


def gunzip_start(packed: bytes | mmap.mmap, size: int) -> bytes:
    """Unpack the first bytes of gzip.

    Raises
    ------
    ReadError
        When they are broken.
    """
    try:
        start: bytes = decompressor().decompress(packed[:_LONGEST_START], size)
    except BROKEN as error:
        raise ReadError(f"its gzip data are broken ({error})") from error
    return start


def gunzip_stream(packed: IO[bytes], out: IO[bytes], cap: int) -> None:
    """Unpack gzip from file to file, a piece at a time.

    Raises
    ------
    ReadError
        When the bytes are broken or cut short, or unpack to more than `cap` bytes.
    """
    for part in _unpacked(iter(lambda: packed.read(_PIECE), b""), None, cap):
        out.write(part)

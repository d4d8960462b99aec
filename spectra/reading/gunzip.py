"""Unpacking gzip (RFC 1952): whole files, streams, and beginnings only.

Nothing here believes a size that the bytes themselves promise: unpacking stops at a cap.
"""

from __future__ import annotations

import mmap
import zlib
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
    parts: list[bytes] = []
    rest: bytes | mmap.mmap = packed
    total = 0
    try:
        while rest[:2] == GZIP:
            inflater = decompressor()
            part = inflater.decompress(rest, max(room, 1))
            while not inflater.eof:
                parts.append(part)
                total += len(part)
                if total > cap:
                    raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
                part = inflater.decompress(inflater.unconsumed_tail, _PIECE)
                if not part and not inflater.eof:
                    raise ReadError("its gzip data are cut short", Fault.TRUNCATED)
            parts.append(part)
            total += len(part)
            if total > cap:
                raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
            rest = inflater.unused_data
            room = _PIECE
    except BROKEN as error:
        raise ReadError(f"its gzip data are broken ({error})") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)


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
    inflater = decompressor()
    total = 0
    pending = b""
    try:
        while pending or (pending := packed.read(_PIECE)):
            part = inflater.decompress(pending, _PIECE)
            total += len(part)
            if total > cap:
                raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
            out.write(part)
            pending = inflater.unconsumed_tail
            if inflater.eof:
                pending = inflater.unused_data or packed.read(_PIECE)
                if pending[:2] != GZIP:
                    return
                inflater = decompressor()
    except BROKEN as error:
        raise ReadError(f"its gzip data are broken ({error})") from error
    raise ReadError("its gzip data are cut short", Fault.TRUNCATED)

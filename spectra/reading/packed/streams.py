"""Unpack bzip2, xz, zstd and compress (.Z), with a cap."""

from __future__ import annotations

import bz2
import lzma
import mmap
from collections.abc import Callable
from typing import Protocol

from spectra.fault import Fault
from spectra.reading.packed.lzw import LZW, unpack_lzw
from spectra.reading.read_error import ReadError

_PIECE = 1 << 20
_XZ_MEMORY = 256 * 1024**2
_BZIP2, _XZ, _ZSTD = b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"


class _Decompressor(Protocol):
    """What bz2 and lzma share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def unpacked(stored: bytes | mmap.mmap, cap: int) -> bytes | None:
    """Return the unpacked bytes; None where the file is packed with none of these.

    Parameters
    ----------
    stored
        The bytes.
    cap
        Largest result, bytes.

    Raises
    ------
    ReadError
        When they are broken or cut short, or the result would be larger than the cap.
    """
    head = stored[:6]
    if head.startswith(LZW):
        return unpack_lzw(bytes(stored), cap)
    if head.startswith(_BZIP2):
        return _streamed(stored, bz2.BZ2Decompressor, "bzip2", cap)
    if head.startswith(_XZ):
        return _streamed(stored, lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY), "xz", cap)
    if head.startswith(_ZSTD):
        return _unpack_zstd(stored, cap)
    return None


def _unpack_zstd(stored: bytes | mmap.mmap, cap: int) -> bytes:
    """Unpack zstd with Arrow's codec, piece by piece."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and most readings never need it

    if not pa.Codec.is_available("zstd"):
        raise ReadError("it is packed with zstd, which this installation cannot unpack; use gzip")
    out = bytearray()
    try:
        with pa.CompressedInputStream(pa.BufferReader(pa.py_buffer(stored)), "zstd") as stream:
            while piece := stream.read(_PIECE):
                out += piece
                if len(out) > cap:
                    raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
    except (OSError, MemoryError) as error:
        is_short = "truncated" in str(error).lower()
        raise ReadError(
            "its zstd data are cut short" if is_short else f"its zstd data are broken ({error})",
            Fault.TRUNCATED if is_short else Fault.MALFORMED,
        ) from error
    return bytes(out)


def _streamed(stored: bytes | mmap.mmap, make: Callable[[], _Decompressor], packer: str, cap: int) -> bytes:
    """Unpack streams one behind the other; what follows the last and is none is passed over."""
    out = bytearray()
    opened, place, rest = make(), 0, b""
    try:
        while True:
            if opened.eof:
                rest = opened.unused_data + bytes(stored[place : place + _PIECE])
                place += _PIECE
                if not rest.lstrip(b"\x00").startswith((_BZIP2, _XZ)):
                    return bytes(out)
                opened, rest = make(), rest.lstrip(b"\x00")
            elif opened.needs_input and not rest:
                rest = bytes(stored[place : place + _PIECE])
                place += _PIECE
                if not rest:
                    raise ReadError(f"its {packer} data are cut short", Fault.TRUNCATED)
            out += opened.decompress(rest, _PIECE)
            rest = b""
            if len(out) > cap:
                raise ReadError(f"it unpacks to more than {cap:,} bytes", Fault.TOO_LARGE)
    except (OSError, EOFError, lzma.LZMAError, MemoryError) as error:
        raise ReadError(f"its {packer} data are broken ({error})") from error

"""The bytes of one file (or member of an archive, or upload), however it is compressed.

Nothing here believes a size that the bytes themselves promise: unpacking stops at a cap.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import zlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from spectra.reading.fits import FitsFile
from spectra.reading.header import Header, read_header
from spectra.reading.refusal import Refusal
from spectra.spectrum import Source

_inflate: Any = zlib
with suppress(ImportError):  # the core package installs without isal; zlib reads the same, three times slower
    from isal import isal_zlib as _inflate

_BROKEN: tuple[type[Exception], ...] = (zlib.error, _inflate.error)

MAX_UNPACKED = 2 * 1024**3
"""A gunzipped file may be this large, in bytes."""
MAX_RATIO = 1100
"""Deflate cannot pack tighter than 1032:1: a size promised beyond this is no reason to make room for it."""
_MAPPED_FROM = 32 * 1024**2
_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
_OTHER_PACKERS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x1f\x9d": "compress (.Z)",
}


class Content:
    """What a reader gets.

    Parameters
    ----------
    name
        For messages and for `Source.path`: the path as given, or ``archive.zip!/member.fits``.
    stored
        The bytes as stored.
    hashing
        Whether sources carry the hash of the bytes.
    """

    def __init__(self, name: str, stored: bytes | mmap.mmap, *, hashing: bool = False) -> None:
        self.name = name
        self.stored = stored
        self.hashing = hashing

    @classmethod
    def of_path(cls, path: str, *, hashing: bool = False) -> Content:
        """Read a file; a large one is mapped into memory instead."""
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - Path.open costs as much as the read itself
            size = os.fstat(file.fileno()).st_size
            if size > _MAPPED_FROM:
                return cls(path, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), hashing=hashing)
            return cls(path, file.read(), hashing=hashing)

    @cached_property
    def data(self) -> bytes | mmap.mmap:
        """The bytes, gunzipped where they were gzipped.

        Raises
        ------
        Refusal
            When they are empty, packed otherwise, cut short, or unpack to more than the cap.
        """
        head = self.stored[:6]
        if not head:
            raise Refusal("the file is empty")
        if head[:2] == _GZIP:
            return gunzip(self.stored)
        for magic, packer in _OTHER_PACKERS.items():
            if head.startswith(magic):
                raise Refusal(f"it is packed with {packer}; unpack it or use gzip")
        return self.stored

    @cached_property
    def header(self) -> tuple[Header, int]:
        """The first FITS header and where its data begin."""
        return read_header(self.data)

    @cached_property
    def fits(self) -> FitsFile:
        """The structure of the whole FITS file."""
        return FitsFile(self.data)

    @property
    def head(self) -> bytes:
        """The first bytes, for recognising the format."""
        return bytes(self.data[:4096])

    def stored_file(self) -> IO[bytes]:
        """Return the stored bytes as a file."""
        return io.BytesIO(self.stored) if isinstance(self.stored, bytes) else open(self.name, "rb")  # noqa: PTH123 - only a path is ever mapped

    def file(self) -> IO[bytes]:
        """Return the unpacked bytes as a file."""
        data = self.data
        return self.stored_file() if data is self.stored else io.BytesIO(data)

    def source(self, hdu: int | None = None, row: int | None = None) -> Source:
        """Say where one spectrum of this file is."""
        return Source(self.name, hdu, row, self.sha256 if self.hashing else None)

    @cached_property
    def sha256(self) -> str:
        """Hash of the bytes as stored, in hexadecimal."""
        return hashlib.sha256(self.stored).hexdigest()

    @property
    def stem(self) -> str:
        """The file's name without folders and without the endings that say its format."""
        name = self.name.rsplit("!/", 1)[-1].rsplit("/", 1)[-1]
        name = name.removesuffix(".gz")
        return name.rpartition(".")[0] or name

    @property
    def suffix(self) -> str:
        """The ending of the name in small letters, without ``.gz``."""
        return Path(self.name.lower().removesuffix(".gz")).suffix


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
    Refusal
        When the bytes are broken or cut short, or the result would be larger than the cap.
    """
    # The last four bytes promise the size: in an honest file one call with one buffer does. Never trusted.
    room = min(int.from_bytes(packed[-4:], "little") + 1, cap, len(packed) * MAX_RATIO)
    parts: list[bytes] = []
    rest: bytes | mmap.mmap = packed
    total = 0
    try:
        while rest[:2] == _GZIP:
            inflater = _inflate.decompressobj(wbits=31)
            part = inflater.decompress(rest, max(room, 1))
            while not inflater.eof:
                parts.append(part)
                total += len(part)
                if total > cap:
                    raise Refusal(f"it unpacks to more than {cap:,} bytes")
                part = inflater.decompress(inflater.unconsumed_tail, _PIECE)
                if not part and not inflater.eof:
                    raise Refusal("its gzip data are cut short")
            parts.append(part)
            total += len(part)
            if total > cap:
                raise Refusal(f"it unpacks to more than {cap:,} bytes")
            rest = inflater.unused_data
            room = _PIECE
    except _BROKEN as error:
        raise Refusal(f"its gzip data are broken ({error})") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)


def gunzip_start(packed: bytes | mmap.mmap, size: int) -> bytes:
    """Unpack the first bytes of gzip.

    Raises
    ------
    Refusal
        When they are broken.
    """
    try:
        start: bytes = _inflate.decompressobj(wbits=31).decompress(packed[:_MAPPED_FROM], size)
    except _BROKEN as error:
        raise Refusal(f"its gzip data are broken ({error})") from error
    return start


def gunzip_stream(packed: IO[bytes], out: IO[bytes], cap: int) -> None:
    """Unpack gzip from file to file, a piece at a time.

    Raises
    ------
    Refusal
        When the bytes are broken or cut short, or unpack to more than `cap` bytes.
    """
    inflater = _inflate.decompressobj(wbits=31)
    total = 0
    pending = b""
    try:
        while pending or (pending := packed.read(_PIECE)):
            part = inflater.decompress(pending, _PIECE)
            total += len(part)
            if total > cap:
                raise Refusal(f"it unpacks to more than {cap:,} bytes")
            out.write(part)
            pending = inflater.unconsumed_tail
            if inflater.eof:
                pending = inflater.unused_data or packed.read(_PIECE)
                if pending[:2] != _GZIP:
                    return
                inflater = _inflate.decompressobj(wbits=31)
    except _BROKEN as error:
        raise Refusal(f"its gzip data are broken ({error})") from error
    raise Refusal("its gzip data are cut short")

"""The bytes of one file (or member of an archive, or upload), however it is compressed."""

from __future__ import annotations

import hashlib
import io
import mmap
import os
from functools import cached_property
from pathlib import Path
from typing import IO

from spectra.fault import Fault
from spectra.reading.fits_file.header import Header, read_header
from spectra.reading.fits_file.structure import FitsFile, hdus
from spectra.reading.gunzip import GZIP, MAX_UNPACKED, gunzip
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.read_error import ReadError
from spectra.spectrum import Source

_MAPPED_FROM = 32 * 1024**2
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
    limits
        Of what may be held of it.
    """

    def __init__(
        self, name: str, stored: bytes | mmap.mmap, *, hashing: bool = False, limits: Limits = UNLIMITED
    ) -> None:
        self.name = name
        self.stored = stored
        self.hashing = hashing
        self.limits = limits
        self._opened = False

    @classmethod
    def of_path(cls, path: str, *, hashing: bool = False, limits: Limits = UNLIMITED) -> Content:
        """Read a file; a large one is mapped into memory instead."""
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - Path.open costs as much as the read itself
            size = os.fstat(file.fileno()).st_size
            if size > _MAPPED_FROM:
                stored: bytes | mmap.mmap = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            else:
                stored = file.read()
        content = cls(path, stored, hashing=hashing, limits=limits)
        content._opened = True
        return content

    @cached_property
    def data(self) -> bytes | mmap.mmap:
        """The bytes, gunzipped where they were gzipped.

        Raises
        ------
        ReadError
            When they are empty, packed otherwise, cut short, or unpack to more than the cap.
        """
        head = self.stored[:6]
        if not head:
            raise ReadError("the file is empty", Fault.EMPTY)
        if head[:2] == GZIP:
            return gunzip(self.stored, min(MAX_UNPACKED, self.limits.unpacked))
        for magic, packer in _OTHER_PACKERS.items():
            if head.startswith(magic):
                raise ReadError(f"it is packed with {packer}; unpack it or use gzip", Fault.UNKNOWN_FORMAT)
        return self.stored

    @cached_property
    def header(self) -> tuple[Header, int]:
        """The first FITS header and where its data begin."""
        return read_header(self.data)

    @cached_property
    def fits(self) -> FitsFile:
        """The structure of the whole FITS file."""
        return FitsFile(hdus(self.data, self.limits))

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

    def beside(self, ending: str) -> Content | None:
        """Return the file in the same folder whose stem ends so, or None; members and uploads have none."""
        if not self._opened:
            return None
        path = Path(self.name)
        other = path.with_name(f"{self.stem}{ending}{self.suffix}")
        return Content.of_path(str(other), limits=self.limits) if other.is_file() else None

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

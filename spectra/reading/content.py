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
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.packed.gunzip import GZIP, MAX_UNPACKED, gunzip
from spectra.reading.packed.streams import unpacked
from spectra.reading.packed.tiles import has_tiles, without_tiles
from spectra.reading.read_error import ReadError
from spectra.spectrum import Source

_MAPPED_FROM = 32 * 1024**2
_ENDINGS = (".gz", ".bz2", ".xz", ".z", ".zst", ".fz")
_TAR = slice(257, 262)


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
        """Read a file; a large one is mapped into memory instead.

        Parameters
        ----------
        path : str
            The file.
        hashing : bool
            Whether sources of its spectra carry its hash.
        limits : Limits
            The most that is read of it.

        Returns
        -------
        Content
            Its bytes, opened.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
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
        """The bytes, unpacked where they were packed.

        Raises
        ------
        ReadError
            When they are empty, packed otherwise, cut short, or unpack to more than the cap.
        """
        head = self.stored[:6]
        if not head:
            raise ReadError("the file is empty", Fault.EMPTY)
        cap = min(MAX_UNPACKED, self.limits.unpacked)
        if head[:2] == GZIP:
            plain = gunzip(self.stored, cap)
            if plain[:2] == GZIP:
                plain = gunzip(plain, cap)  # packed twice, as some browsers and servers do
            if plain[:2] == GZIP:
                raise ReadError("it is packed with gzip more than twice; unpack it", Fault.FORBIDDEN)
            return plain
        other = unpacked(self.stored, cap)
        if other is not None and other[_TAR] == b"ustar":
            raise ReadError("it is a tar archive in another packing; use tar.gz or zip", Fault.UNKNOWN_FORMAT)
        return self.stored if other is None else other

    @cached_property
    def header(self) -> tuple[Header, int]:
        """The first FITS header and where its data begin."""
        first = read_header(self.data)
        if first[0].get("NAXIS") != 0:
            return first
        packed = self.data
        return first if self.fits and self.data is packed else read_header(self.data)

    @cached_property
    def fits(self) -> FitsFile:
        """The structure of the whole FITS file; compressed images are unpacked."""
        file = FitsFile(hdus(self.data, self.limits))
        if has_tiles(file.hdus):
            self.data = without_tiles(self.data, file.hdus, min(MAX_UNPACKED, self.limits.unpacked))
            file = FitsFile(hdus(self.data, self.limits))
        return file

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
        return _unpacked_name(name).rpartition(".")[0] or name

    @property
    def suffix(self) -> str:
        """The ending of the name in small letters, without ``.gz`` and the like."""
        return Path(_unpacked_name(self.name.lower())).suffix


def _unpacked_name(name: str) -> str:
    return name.rpartition(".")[0] if name.lower().endswith(_ENDINGS) else name

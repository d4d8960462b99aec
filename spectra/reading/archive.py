"""Archives of spectra: zip, tar, tar.gz. Nothing is unpacked to disk, names never become paths.

An archive from a user is hostile until read: members are streamed one at a time, sizes are counted while
unpacking (what the archive promises is only a first check), and one bad name rejects the whole archive.
"""

from __future__ import annotations

import io
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from types import TracebackType
from typing import IO

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.gunzip import MAX_UNPACKED, gunzip_start, gunzip_stream
from spectra.reading.read_error import ReadError

MAX_MEMBERS = 2_000_000
MAX_TOTAL = 256 * 1024**3
"""Bytes that all members together may unpack to."""
MAX_RATIO = 200
"""Unpacked to packed bytes of the whole archive, once it unpacks to more than `_SMALL`."""
_SMALL = 64 * 1024**2
_NESTED = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".txz", ".7z", ".rar")
SEPARATOR = "!/"
"""Between an archive's path and a member's name."""


def holds_archive(content: Content) -> bool:
    """Whether a file is an archive of spectra: a tar, a gzipped tar, or a zip that is no NPZ.

    Raises
    ------
    ReadError
        When it is gzipped and broken.
    """
    stored = content.stored
    if stored[:2] == b"PK":
        first = stored[30 : 30 + int.from_bytes(stored[26:28], "little")]
        return not first.endswith(b".npy")
    if stored[:2] == b"\x1f\x8b":
        # Only names that may be archives are looked into: the others pay for unpacking once, not twice.
        plain = content.name.lower().endswith((".fits.gz", ".fit.gz", ".txt.gz", ".csv.gz", ".dat.gz"))
        return not plain and gunzip_start(stored, 512)[257:262] == b"ustar"
    return stored[257:262] == b"ustar"


class Archive(AbstractContextManager["Archive"]):
    """An open archive.

    Parameters
    ----------
    content
        The archive as a file.

    Raises
    ------
    ReadError
        When it is broken, holds a hostile name, a link or an archive, or promises more than the caps allow.
    """

    def __init__(self, content: Content) -> None:
        self._limit = min(MAX_TOTAL, max(_SMALL, len(content.stored) * MAX_RATIO))
        self._largest = min(MAX_UNPACKED, content.limits.unpacked)
        self._unpacked = 0
        self._zip: zipfile.ZipFile | None = None
        self._tar: tarfile.TarFile | None = None
        self._file = content.stored_file()
        try:
            self.names = self._opened(content.stored[:2])
        except (
            zipfile.BadZipFile,
            tarfile.TarError,
            NotImplementedError,
            EOFError,
            ValueError,
            OSError,
        ) as error:
            self._file.close()
            raise ReadError(f"the archive is broken ({error})") from error
        except ReadError:
            self._file.close()
            raise

    def _opened(self, magic: bytes) -> list[str]:
        if magic == b"PK":
            self._zip = zipfile.ZipFile(self._file)
            members = list(_zip_members(self._zip))
        else:
            if magic == b"\x1f\x8b":
                packed, self._file = self._file, tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
                with packed:
                    gunzip_stream(packed, self._file, cap=self._limit)
                self._file.seek(0)
            self._tar = tarfile.open(fileobj=self._file, mode="r:")  # noqa: SIM115 - closed by __exit__
            members = list(_tar_members(self._tar))
        _check(members, self._limit)
        return sorted(name for name, _ in members)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in (self._zip, self._tar, self._file):
            if opened is not None:
                opened.close()

    def read(self, name: str) -> bytes:
        """Return a member's bytes.

        Raises
        ------
        ReadError
            When there is no such member, it is broken, encrypted, or unpacks to more than the caps allow.
        """
        try:
            with self._open(name) as stream:
                return self._counted(stream)
        except (
            zipfile.BadZipFile,
            tarfile.TarError,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise ReadError(f"the member is broken ({error})") from error

    def _open(self, name: str) -> IO[bytes]:
        try:
            stream = self._zip.open(name) if self._zip else self._tar.extractfile(name) if self._tar else None
        except KeyError as error:
            raise ReadError(f"the archive holds no member {name!r}", Fault.MISSING) from error
        if stream is None:
            raise ReadError(f"the member {name!r} is no file", Fault.FORBIDDEN)
        return stream

    def _counted(self, stream: IO[bytes]) -> bytes:
        parts = io.BytesIO()
        if self._unpacked > self._limit:
            raise ReadError("the archive unpacked to far more than its size allows: a bomb", Fault.FORBIDDEN)
        while part := stream.read(1 << 20):
            self._unpacked += len(part)
            if self._unpacked > self._limit:
                raise ReadError(
                    "the archive unpacks to far more than its size allows: a bomb", Fault.FORBIDDEN
                )
            if parts.tell() + len(part) > self._largest:
                raise ReadError(f"it unpacks to more than {self._largest:,} bytes", Fault.TOO_LARGE)
            parts.write(part)
        return parts.getvalue()


def _zip_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, int]]:
    for info in archive.infolist():
        if info.flag_bits & 0x1:
            raise ReadError(f"the member {info.filename!r} is encrypted", Fault.FORBIDDEN)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise ReadError(f"the member {info.filename!r} is a link or a device", Fault.FORBIDDEN)
        if not info.is_dir():
            yield info.filename, info.file_size
        else:
            _check_name(info.filename)


def _tar_members(archive: tarfile.TarFile) -> Iterator[tuple[str, int]]:
    for count, info in enumerate(archive):
        if count > MAX_MEMBERS:
            raise ReadError(f"the archive holds more than {MAX_MEMBERS:,} members", Fault.TOO_LARGE)
        if not (info.isfile() or info.isdir()):
            raise ReadError(f"the member {info.name!r} is a link or a device", Fault.FORBIDDEN)
        if info.isfile():
            yield info.name, info.size
        else:
            _check_name(info.name)


def _check(members: list[tuple[str, int]], limit: int) -> None:
    if len(members) > MAX_MEMBERS:
        raise ReadError(f"the archive holds more than {MAX_MEMBERS:,} members", Fault.TOO_LARGE)
    for name, _ in members:
        _check_name(name)
        if name.lower().endswith(_NESTED):
            raise ReadError(f"the member {name!r} is an archive itself; unpack it first", Fault.FORBIDDEN)
    if sum(size for _, size in members) > limit:
        raise ReadError("the archive unpacks to far more than its size allows: a bomb", Fault.FORBIDDEN)


def _check_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or name[1:2] == ":" or not path.parts:
        raise ReadError(f"the archive holds the name {name!r}, which leads out of it", Fault.FORBIDDEN)

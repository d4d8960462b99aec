"""Archives of spectra: zip, tar, tar.gz. Nothing is unpacked to disk, names never become paths.

An archive from a user is hostile until read: members are streamed one at a time, sizes are counted while
unpacking (what the archive promises is only a first check). A member that is broken, encrypted, a link or an
archive itself, or that has no name, a hostile one or one that occurs again, is rejected alone; behind a
broken header nothing more is read.
"""

from __future__ import annotations

import io
import stat
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import IO

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.packed.gunzip import MAX_UNPACKED, gunzip_start, gunzip_stream
from spectra.reading.packed.tar_headers import open_tar
from spectra.reading.read_error import ReadError

MAX_MEMBERS = 2_000_000
MAX_TOTAL = 256 * 1024**3
"""Bytes that all members together may unpack to."""
MAX_RATIO = 200
"""Unpacked to packed bytes of the whole archive, once it unpacks to more than `_SMALL`."""
_SMALL = 64 * 1024**2
_NESTED = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".txz", ".7z", ".rar")
LONGEST_NAME = 1000
"""Characters of a member's name, with its folders."""
LINK = "the member is a link or a device"
_OFFICE = "[Content_Types].xml"
"""The member by which files of Microsoft Office are told."""
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """Where the content of a tar's member lies in the unpacked tar."""

    start: int
    size: int


_Member = zipfile.ZipInfo | tarfile.TarInfo | _Piece
_Listed = Iterator[tuple[str, int, _Member | str]]
"""Names, sizes, and members or why they are not read."""


class Archive(AbstractContextManager["Archive"]):
    """An open archive.

    Parameters
    ----------
    content
        The archive as a file.

    Attributes
    ----------
    names
        Of the members that can be read, sorted.
    rejected
        Name and reason of each member that is not read.

    Raises
    ------
    ReadError
        When it is broken from its beginning, or promises more than the caps allow.
    """

    def __init__(self, content: Content) -> None:
        self._limit = min(MAX_TOTAL, max(_SMALL, len(content.stored) * MAX_RATIO))
        self._largest = min(MAX_UNPACKED, content.limits.unpacked)
        self._unpacked = 0
        self._zip: zipfile.ZipFile | None = None
        self._tar: tarfile.TarFile | None = None
        self._file = content.stored_file()
        self._members: dict[str, _Member] = {}
        self.rejected: list[tuple[str, str]] = []
        try:
            self._open_all(content.stored[:2])
        except (ReadError, MemoryError):
            self._file.close()
            raise
        except Exception as error:  # libraries raise anything about bytes that are broken in a new way
            self._file.close()
            raise ReadError(f"the archive is broken ({_told(error)})") from error
        self.names = sorted(self._members)

    def _open_all(self, magic: bytes) -> None:
        if magic == b"PK":
            self._zip = zipfile.ZipFile(self._file)
            members: _Listed = _zip_members(self._zip)
        else:
            if magic == b"\x1f\x8b":
                packed, self._file = self._file, tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
                with packed:
                    gunzip_stream(packed, self._file, cap=self._limit)
                self._file.seek(0)
            self._tar = open_tar(self._file)
            members = _tar_members(self._tar)
        total = 0
        for count, (name, size, member) in enumerate(self._unbroken(members)):
            total += size
            if count >= MAX_MEMBERS:
                raise ReadError(f"the archive holds more than {MAX_MEMBERS:,} members", Fault.TOO_LARGE)
            _check(total, self._limit)
            self._take(name, member)
        if _OFFICE in self._members or {"mimetype", "content.xml"} <= self._members.keys():
            raise ReadError("it is a spreadsheet or document: export it as CSV", Fault.UNKNOWN_FORMAT)

    def _unbroken(self, members: _Listed) -> _Listed:
        """Yield members up to a header that is broken; that is one rejection unless it is the first."""
        try:
            yield from members
        except MemoryError:
            raise
        except Exception as error:
            if not self._members and not self.rejected:
                raise
            self.rejected.append(("", f"the archive is broken behind its other members ({_told(error)})"))

    def _take(self, name: str, member: _Member | str) -> None:
        reason = member if isinstance(member, str) else _fault_of(name)
        if reason:
            self.rejected.append((name[:LONGEST_NAME], reason))
        elif not isinstance(member, str):
            if name in self._members:
                self.rejected.append((name, "the archive holds a later member of the same name"))
            self._members[name] = member

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
        if name not in self._members:
            raise ReadError(f"the archive holds no member {name!r}", Fault.MISSING)
        try:
            return self._read(self._members[name])
        except (ReadError, MemoryError):
            raise
        except Exception as error:  # each method of packing has errors of its own
            raise ReadError(f"the member is broken ({_told(error)})") from error

    def _read(self, member: _Member) -> bytes:
        if isinstance(member, _Piece):
            self._file.seek(member.start)
            return self._counted(self._file, member.size)
        if isinstance(member, tarfile.TarInfo):
            stream = self._tar.extractfile(member) if self._tar else None
        else:
            stream = self._zip.open(member) if self._zip else None
        if stream is None:
            raise ReadError("the member is no file", Fault.FORBIDDEN)
        with stream:
            return self._counted(stream)

    def _counted(self, stream: IO[bytes], size: int = sys.maxsize) -> bytes:
        parts = io.BytesIO()
        if self._unpacked > self._limit:
            raise ReadError("the archive unpacked to far more than its size allows: a bomb", Fault.FORBIDDEN)
        while (left := size - parts.tell()) and (part := stream.read(min(left, 1 << 20))):
            self._unpacked += len(part)
            if self._unpacked > self._limit:
                raise ReadError(
                    "the archive unpacks to far more than its size allows: a bomb", Fault.FORBIDDEN
                )
            if parts.tell() + len(part) > self._largest:
                raise ReadError(f"it unpacks to more than {self._largest:,} bytes", Fault.TOO_LARGE)
            parts.write(part)
        if size != sys.maxsize and parts.tell() < size:
            raise ReadError("the member is cut short", Fault.TRUNCATED)
        return parts.getvalue()


def _check(total: int, limit: int) -> None:
    if total > limit:
        raise ReadError("the archive unpacks to far more than its size allows: a bomb", Fault.FORBIDDEN)


def _told(error: Exception) -> str:
    return " ".join(f"{error}".split())[:200] or type(error).__name__


def _zip_members(archive: zipfile.ZipFile) -> _Listed:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.flag_bits & 0x1:
            yield info.filename, 0, "the member is encrypted"
        elif kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            yield info.filename, 0, LINK
        elif not info.filename.endswith("/"):
            yield info.filename, info.file_size, info


def _tar_members(archive: tarfile.TarFile) -> _Listed:
    while (info := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined] # else it holds a kilobyte for each
        if info.isfile():
            yield info.name, info.size, info if info.issparse() else _Piece(info.offset_data, info.size)
        elif not info.isdir():
            yield info.name, 0, LINK


def _fault_of(name: str) -> str:
    """Return why the member of a name is not read; "" where it is."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not name.strip("/"):
        return "the archive holds a member without a name"
    if len(name) > LONGEST_NAME:
        return f"its name has {len(name):,} characters; the most is {LONGEST_NAME:,}"
    if path.is_absolute() or ".." in path.parts or "\x00" in name or name[1:2] == ":" or not path.parts:
        return "its name leads out of the archive"
    if name.lower().endswith(_NESTED):
        return "the member is an archive itself; unpack it first"
    return ""

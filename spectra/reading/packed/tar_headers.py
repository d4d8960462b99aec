"""Headers of tar archives, checked before `tarfile` acts on them.

The library believes sizes that lead backwards (CVE-2025-8194), takes quadratic time over extended headers
(CVE-2024-6232) and holds as much of one as it promises, in versions of Python that are in use.
"""

from __future__ import annotations

import tarfile
from typing import IO, Self

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_LONGEST = 1024**2
"""Bytes of one extended header: names, and attributes of files."""
_LARGEST = 2**63
_EXTENDED = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
_MOST_DIGITS = 20  # of the length of a record


def open_tar(file: IO[bytes]) -> tarfile.TarFile:
    """Open an unpacked tar.

    Raises
    ------
    ReadError
        Now or at a later member: when a header promises what cannot be.
    tarfile.TarError
        When it is broken.
    """
    return tarfile.TarFile(fileobj=file, mode="r", tarinfo=_CheckedInfo)


class _CheckedInfo(tarfile.TarInfo):
    """A header that is rejected before its sizes are used."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header of 512 bytes."""
        found = super().frombuf(buf, encoding, errors)
        if not 0 <= found.size < _LARGEST:
            raise ReadError(f"the archive is broken (a member of {found.size} bytes)")
        if found.type in _EXTENDED and found.size > _LONGEST:
            raise ReadError(
                f"the archive has a header of {found.size:,} bytes; the most is {_LONGEST:,}", Fault.TOO_LARGE
            )
        return found

    def _proc_pax(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        file = archive.fileobj
        if file is not None:
            place = file.tell()
            _check_records(file.read(self.size))
            file.seek(place)
        found: tarfile.TarInfo | None = super()._proc_pax(archive)  # type: ignore[misc]
        return found


def _check_records(header: bytes) -> None:
    """Check that a header is records of LENGTH, KEY=VALUE and a line end (POSIX pax), one behind the other.

    Raises
    ------
    ReadError
        When it is not: the library searches all of it, from each record on.
    """
    place = 0
    while place < len(header) and header[place]:
        digits = header[place : place + _MOST_DIGITS].partition(b" ")[0]
        length = int(digits) if digits.isdigit() and len(digits) < _MOST_DIGITS else 0
        record = header[place : place + length]
        if len(record) <= len(digits) + 1 or record[-1:] != b"\n" or b"=" not in record:
            raise ReadError("the archive is broken (an extended header that is no records)")
        if _has_long_number(record[len(digits) :]):
            raise ReadError("the archive is broken (an extended header with a number of many digits)")
        place += length


def _has_long_number(record: bytes, most: int = 64) -> bool:
    """Return whether so many digits follow each other, in which the library searches again and again."""
    step = most // 2
    for place in range(0, len(record) - step, step):
        if record[place : place + step].isdigit() and record[place + step : place + 2 * step].isdigit():
            return True
    return False

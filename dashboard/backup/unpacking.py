"""Unpacks the archive of a backup, which may hold anything, and compares it with its manifest."""

from __future__ import annotations

import errno
import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

from dashboard.backup import manifest
from dashboard.backup.files import is_safe
from dashboard.backup.manifest import Manifest
from dashboard.base.errors import Invalid

BLOCK = 2**20
LARGEST_MANIFEST = 2**30  # bytes; a line for each file
#: Errors of a file system about names that no backup has.
NAMES = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ})


def unpack(source: Path, new: Path) -> Manifest:
    """Unpack every member below a folder, and compare it with the manifest at the end.

    Parameters
    ----------
    source : Path
        The archive.
    new : Path
        An empty folder.

    Returns
    -------
    Manifest
        Of the archive.

    Raises
    ------
    Invalid
        If it is no backup, or damaged, or holds something else, with the first member that is wrong.
    OSError
        If the disk is full, or cannot be written.
    """
    hashes: dict[str, str] = {}
    made: Manifest | None = None
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member in _members(archive, source.stat().st_size):
                if made is not None:
                    raise Invalid(f"{source} goes on after its {manifest.NAME}: it is no backup of Huggins.")
                if member.name == manifest.NAME:
                    made = _manifest(archive, member)
                else:
                    hashes[member.name] = _write(archive, member, new / member.name)
    except (tarfile.TarError, EOFError, UnicodeError) as error:
        raise Invalid(f"{source} is no backup, or is damaged: {error}.") from error
    except OSError as error:
        if error.errno in NAMES:
            raise Invalid(f"{source} is no backup, or is damaged: {error.strerror}.") from error
        raise
    if made is None:
        raise Invalid(f"{source} has no {manifest.NAME} at its end: the backup is not whole.")
    _compare(made, hashes)
    return made


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Manifest:
    if member.size > LARGEST_MANIFEST:
        raise Invalid(f"{manifest.NAME} of the backup is too large: it is not restored.")
    file = archive.extractfile(member)
    return Manifest.from_bytes(file.read() if file else b"")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    """Write a member into a new file, and return its SHA-256."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), member.size
    file = archive.extractfile(member)
    assert file is not None  # noqa: S101 - of a regular file there is one
    with target.open("xb") as out:
        while left and (block := file.read(min(BLOCK, left))):
            digest.update(block)
            out.write(block)
            left -= len(block)
    if left:
        raise Invalid(f"{member.name} of the backup is cut off: it is not restored.")
    return digest.hexdigest()


def _compare(made: Manifest, hashes: dict[str, str]) -> None:
    for name, sha256 in made.files.items():
        if hashes.get(name) != sha256:
            how = "is damaged" if name in hashes else "is missing"
            raise Invalid(f"{name} of the backup {how}: it is not restored.")
    if unknown := hashes.keys() - made.files.keys():
        raise Invalid(f"{min(unknown)} of the backup is not in its {manifest.NAME}: it is not restored.")


def _members(archive: tarfile.TarFile, size: int) -> Iterator[tarfile.TarInfo]:
    """Yield the members: plain files of a backup, all together no larger than the archive."""
    together = 0
    for member in archive:
        tables = member.name.startswith("database/") and member.name.count("/") == 1
        regular = member.isreg() and not member.issparse()  # a sparse one is of any size
        if not regular or not (member.name == manifest.NAME or tables or is_safe(member.name)):
            raise Invalid(f"{member.name!r} does not belong into a backup.")
        together += member.size
        if together > size:
            raise Invalid(f"{member.name!r} is larger than the archive: the backup is cut off or damaged.")
        yield member

"""The file of a spectrum as it was uploaded; a member of an archive is unpacked for each download."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from spectra.reading.archive import SEPARATOR, Archive
from spectra.reading.content import Content
from spectra.reading.read_error import ReadError

OUTGOING = ".outgoing"  # below <home>/data: unpacked members while they are sent


@dataclass(frozen=True)
class Original:
    """A file for download.

    Attributes
    ----------
    path : Path
        Where it is.
    name : str
        What it is called, without folders.
    temporary : bool
        Whether the one who gives it away removes it afterwards.
    """

    path: Path
    name: str
    temporary: bool = False


def in_archive(path: str) -> bool:
    """Return whether a spectrum's path names a member of an archive."""
    return SEPARATOR in path


def archive_of(root: Path, path: str) -> Path:
    """Return the archive that holds a spectrum."""
    return root / path.partition(SEPARATOR)[0]


def unpack_member(root: Path, path: str, outgoing: Path) -> Original | str:
    """Write a member of an archive into a new file of a folder. Runs in a process.

    Parameters
    ----------
    root : Path
        Folder of the dataset's files.
    path : str
        The archive below it and the member, joined by `SEPARATOR`.
    outgoing : Path
        Where the new file is written.

    Returns
    -------
    Original or str
        The file, or why it could not be unpacked.
    """
    archive, _, member = path.partition(SEPARATOR)
    try:
        with Archive(Content.of_path(str(root / archive))) as opened:
            content = opened.read(member)
    except (ReadError, OSError) as error:
        return str(error)
    target = outgoing / secrets.token_hex(8)
    target.write_bytes(content)
    return Original(target, member.rpartition("/")[2] or "spectrum", temporary=True)

"""Folders of modules as tar archives, which are not trusted."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from dashboard.base.errors import Invalid
from dashboard.publishing.source.tree import FILES_AT_MOST

TOGETHER_LIMIT = 500 * 2**20  # bytes, unpacked
DEPTH_LIMIT = 20
BLOCK = 2**20


def unpack(stream: IO[bytes], folder: Path, *, mode: str = "r|*") -> None:
    """Unpack the regular files of an archive into a new folder; links, devices and owners are left out.

    Parameters
    ----------
    stream : file
        The archive.
    folder : Path
        Made here.
    mode : str
        Of `tarfile.open`.

    Raises
    ------
    Invalid
        If it is no archive, too large, or a path leads out of the folder.
    """
    folder.mkdir(parents=True)
    count, together = 0, 0
    try:
        with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]  # modes of streams
            for member in tar:
                count += 1
                if count > 4 * FILES_AT_MOST:
                    raise Invalid(f"The archive has more than {4 * FILES_AT_MOST} entries.")
                source = tar.extractfile(member) if member.isreg() else None
                if source is None:
                    continue
                together += member.size
                if together > TOGETHER_LIMIT:
                    raise Invalid(f"The files have more than {TOGETHER_LIMIT >> 20} MB.")
                target = folder.joinpath(*_parts(member.name))
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    left = member.size
                    while left > 0 and (block := source.read(min(left, BLOCK))):
                        file.write(block)
                        left -= len(block)
                target.chmod(0o755 if member.mode & 0o100 else 0o644)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Invalid(f"What was sent is no archive of a folder: {error}.") from error


def _parts(name: str) -> tuple[str, ...]:
    parts = tuple(part for part in PurePosixPath(name).parts if part != ".")
    if not parts or name.startswith("/") or ".." in parts or len(parts) > DEPTH_LIMIT or "\0" in name:
        raise Invalid(f"The path {name[:100]!r} in the archive leads out of the folder, or too deep.")
    return parts

"""Tar archives of folders, as streams: the form in which an engine exchanges files."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from launchers.remote import framing

#: The file that completes all others (contracts.md, section 6): it is renamed into place last.
LAST = "exit.json"


def pack(source: Path, name: str, uid: int, left_out: Sequence[str]) -> Iterator[bytes]:
    """Yield a folder (or a file, called ``file``) as an archive below `name`.

    Parameters
    ----------
    uid : int
        User and group of all that is in it.
    left_out : sequence of str
        Paths that are not packed, with what is below them.
    """
    mode = 0o755 if uid == 0 else 0o700
    yield _header(name, uid, mode, tarfile.DIRTYPE)
    for path in framing.folders(source) if source.is_dir() else ():
        if not _left_out(path, left_out):
            yield _header(f"{name}/{path}", uid, mode, tarfile.DIRTYPE)
    for path, stat in framing.regular_files(source):
        if _left_out(path, left_out):
            continue
        inside = "file" if path == "." else path
        executable = 0o111 if stat.st_mode & 0o100 else 0
        yield _header(f"{name}/{inside}", uid, 0o644 | executable, tarfile.REGTYPE, stat)
        yield from framing.pieces(source if path == "." else source / path, 0, stat.st_size)
        yield bytes(-stat.st_size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(name: str, uid: int, mode: int, kind: bytes, stat: os.stat_result | None = None) -> bytes:
    member = tarfile.TarInfo(name)
    member.uid = member.gid = uid
    member.mode, member.type = mode, kind
    member.size = stat.st_size if stat else 0
    member.mtime = int(stat.st_mtime) if stat else int(time.time())
    return member.tobuf(tarfile.PAX_FORMAT)


def unpack(
    stream: Iterator[bytes],
    root: Path,
    above: str = "",
    left_out: Sequence[str] = (),
    limit: int | None = None,
) -> None:
    """Write the regular files of an archive below a folder, each by rename; links are skipped.

    Parameters
    ----------
    above : str
        Where the archive's first folder (or its one file) belongs below `root`; empty: it is `root` itself.
    limit : int, optional
        Bytes; larger files are left out, and so is `LAST`.
    """
    last = None
    with tarfile.open(fileobj=io.BufferedReader(_Reader(stream), framing.PIECE), mode="r|") as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            path = str(PurePosixPath(above, *parts)) if above else str(PurePosixPath(*parts[1:]))
            if not member.isreg() or _left_out(path, left_out):
                continue
            if limit is not None and (member.size > limit or path.endswith(LAST)):
                continue
            content = tar.extractfile(member)
            place = framing.place_below(root, path)
            part = place.with_name(f".{place.name}.part")
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb"
            ) as out:
                while content is not None and (data := content.read(framing.PIECE)):
                    out.write(data)
            os.utime(part, (member.mtime, member.mtime))
            if path.endswith(LAST):
                last = (part, place)
            else:
                part.replace(place)
    if last is not None:
        last[0].replace(last[1])


class _Reader(io.RawIOBase):
    """A stream of byte chunks as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        """See `io.RawIOBase.readable`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See `io.RawIOBase.readinto`."""
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _left_out(path: str, paths: Sequence[str]) -> bool:
    return any(path == other or path.startswith(f"{other}/") for other in paths)

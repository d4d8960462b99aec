"""ZIP archives that are made while they are sent: any number and size of files in little memory.

The members are stored, not deflated: models and tables are compressed already.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK = 2**18  # bytes of a file that are read at once

Opener = Callable[[], IO[bytes]]


class _Pieces(io.RawIOBase):
    """Holds what was written until it is taken; cannot be searched, as what was sent cannot."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        piece = memoryview(data).cast("B")
        self._held += piece
        return len(piece)

    def take(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def zipped(files: Iterable[tuple[str, Opener]]) -> Iterator[bytes]:
    """Yield an archive in pieces.

    Parameters
    ----------
    files : iterable of (str, callable)
        Path in the archive, and what opens the file; a file that cannot be opened any more is left out.

    Yields
    ------
    bytes
        The next piece, of at most about `BLOCK` bytes.
    """
    pieces = _Pieces()
    now = time.gmtime()[:6]
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_STORED) as archive:
        for path, opener in files:
            try:
                source = opener()
            except OSError:
                continue
            with source, archive.open(zipfile.ZipInfo(path, now), "w", force_zip64=True) as member:
                while block := source.read(BLOCK):
                    member.write(block)
                    yield pieces.take()
    yield pieces.take()

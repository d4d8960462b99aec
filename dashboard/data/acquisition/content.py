"""What the first bytes of a record say: a page in place of data, no gzip, the ending of its name."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dashboard.data.acquisition.paths import split_ending
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.votable.reader import is_html

HEAD = 1024  # bytes
GZIP = b"\x1f\x8b"
FITS = (".fits", ".fit", ".fts", ".fz")
VOTABLE = (".vot", ".votable", ".xml")
PACKED = (".gz", ".tgz")


async def with_head(blocks: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """Return the first bytes of a stream, and the whole stream.

    Parameters
    ----------
    blocks : async iterator of bytes
        The stream.

    Raises
    ------
    FetchError
        If it is empty.
    """
    head = b""
    async for block in blocks:
        head += block
        if len(head) >= HEAD:
            break
    if not head:
        raise FetchError(Fault.DAMAGED, "it is empty")

    async def whole() -> AsyncIterator[bytes]:
        yield head
        async for block in blocks:
            yield block

    return head, whole()


def require_data(head: bytes, path: str) -> None:
    """Return if the first bytes of a record may be data.

    Parameters
    ----------
    head : bytes
        Its first bytes.
    path : str
        Its path, with the ending that says what it should be.

    Raises
    ------
    FetchError
        If it is a page, or no gzip though its name says so.
    """
    if is_html(head) and not path.lower().endswith((".html", ".htm")):
        raise FetchError(Fault.HTML, "an HTML page came in place of data")
    if path.lower().endswith(PACKED) and not head.startswith(GZIP):
        raise FetchError(Fault.DAMAGED, "its name says gzip, but its content is none")


def path_of_content(head: bytes, path: str) -> str:
    """Return the path with an ending that fits the content: services name files by identifiers.

    Parameters
    ----------
    head : bytes
        The first bytes of the record.
    path : str
        Its path as it was listed.
    """
    stem, ending = split_ending(path)
    lower = ending.lower()
    if head.startswith(b"SIMPLE  =") and not lower.startswith(FITS):
        return f"{stem if lower.startswith(VOTABLE) else path}.fits"
    if b"<VOTABLE" in head and not lower.startswith(VOTABLE):
        return f"{stem if lower.startswith(FITS) else path}.vot"
    if head.startswith(GZIP) and not lower.endswith(PACKED):
        return f"{path}.gz"
    return path

"""Folders of an FTP server, with TLS or without."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator
from urllib.parse import unquote, urlsplit

from dashboard.data.sources.kinds.described import TREE, address, parameter
from dashboard.data.sources.listing.tree import Entry, Listing, TreeRules, is_odd, walk
from dashboard.data.sources.record import Fault, FetchError, Record, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind
from dashboard.data.sources.transport.ftp import FtpClient, FtpServer

PORT = 21


class FtpSource:
    """A folder of an FTP server.

    Parameters
    ----------
    context : SourceContext
        With the address, and the rules of the tree.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        server, self._root = server_of(context)
        self._client = FtpClient(server, context.clients.limits, context.clients.turns)

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """Yield the files of the tree; see `Source.records`."""
        del resume
        try:
            async for page in walk(self._root, TreeRules.of(self._context.values), self._read):
                yield page
        finally:
            await self._client.stop()

    async def _read(self, folder: str) -> Listing:
        found, odd = [], 0
        for name, facts in await self._client.entries(folder):
            kind = facts.get("type", "").lower()
            if kind not in {"file", "dir"}:  # cdir, pdir, links and what is no file
                continue
            if is_odd(name):
                odd += 1
                continue
            size = int(facts["size"]) if kind == "file" and facts.get("size", "").isdigit() else None
            found.append(Entry(name, posixpath.join(folder, name), kind == "dir", size))
        return Listing(folder, tuple(found), odd)

    async def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; see `Source.open`."""
        async for block in self._client.stream(record.address):
            yield block

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.stop()


def server_of(context: SourceContext) -> tuple[FtpServer, str]:
    """Return the server and the folder of an address.

    Parameters
    ----------
    context : SourceContext
        Of the source.

    Raises
    ------
    FetchError
        If it is no address of FTP.
    """
    text = str(context.values["address"]).strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError(Fault.ADDRESS, f"{text[:200]!r} is no address: {error}") from error
    if parts.scheme not in {"ftp", "ftps"} or not host:
        raise FetchError(Fault.ADDRESS, f"{text[:200]!r} is no address of ftp or ftps")
    folder = unquote(parts.path) or "/"
    if any(ord(character) < 32 for character in folder):
        raise FetchError(Fault.ADDRESS, "its path has control characters")
    return FtpServer(
        host,
        port or PORT,
        tls=parts.scheme == "ftps",
        verify=bool(context.values["verify"]),
        user=context.credentials.get("user", ""),
        password=context.credentials.get("password", ""),
    ), folder


KIND = SourceKind(
    name="ftp",
    title="Folder of an FTP server (FTP, FTPS)",
    help="The files of a folder and of those below it; anonymous, or with a user name and a password.",
    parameters=(
        address("ftp://example.org/pub/spectra, or ftps:// for TLS"),
        *TREE,
        parameter(
            "verify",
            "Verify the certificate",
            "boolean",
            "With ftps:// the server's certificate must be valid.",
            True,
            group="advanced",
        ),
    ),
    make=FtpSource,
)

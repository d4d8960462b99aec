"""FTP and FTPS by the standard library's client, in threads; every socket checked.

A connection serves one transfer at a time and is kept for the next one. What a server says in its answer to
PASV of another address is not believed: data comes from the address of the control connection. A connection
whose transfer did not end well is closed, because its replies may be out of step.
"""

from __future__ import annotations

import asyncio
import ftplib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from dashboard.base.outbound import connect_guarded
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.transport.errors import as_fetch_errors
from dashboard.data.sources.transport.http import RESUMES, too_large
from dashboard.data.sources.transport.limits import TransferLimits
from dashboard.data.sources.transport.turns import Turns

BLOCK = 1 << 17
MOST_ENTRIES = 1_000_000  # of one folder
LONGEST_LINE = 8192


class GuardedFtp(ftplib.FTP_TLS):
    """A client whose sockets go to allowed addresses only.

    Parameters
    ----------
    networks : sequence of str
        CIDR; allowed beside public addresses.
    timeout_s : float
        Of each operation.
    context : ssl.SSLContext, optional
        With it, control and data connections use TLS.
    """

    def __init__(
        self, networks: Sequence[str], timeout_s: float, context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(timeout=timeout_s, context=context)
        self._networks = networks
        self._is_secured = context is not None
        self.encoding = "utf-8"
        self.maxline = LONGEST_LINE

    def open(self, host: str, port: int, user: str, password: str) -> None:
        """Connect and log in.

        Parameters
        ----------
        host, port : str, int
            Of the server.
        user, password : str
            Empty: anonymous.

        Raises
        ------
        OSError, ftplib.Error
            If the server does not take it.
        """
        self.host, self.port = host, port
        timeout_s = float(self.timeout or 60.0)
        self.sock = connect_guarded(host, port, timeout_s=timeout_s, networks=self._networks)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding, errors="surrogateescape")
        self.welcome = self.getresp()
        if self._is_secured:
            self.auth()
            ftplib.FTP.login(self, user, password)  # noqa: S321 - a person asked for it
            self.prot_p()
        else:
            ftplib.FTP.login(self, user, password)  # noqa: S321 - a person asked for it
        self.voidcmd("TYPE I")

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection to the server's own address and send a command."""
        _, port = self.makepasv()
        # Where it is connected to now: neither a name that resolves anew nor what the server says.
        host = cast(socket.socket, self.sock).getpeername()[0]
        timeout_s = float(self.timeout or 60.0)
        data = connect_guarded(host, port, timeout_s=timeout_s, networks=self._networks)
        try:
            if rest:
                self.sendcmd(f"REST {rest}")
            said = self.sendcmd(cmd)
            if said.startswith("2"):  # some servers answer twice
                said = self.getresp()
            if not said.startswith("1"):
                raise ftplib.error_reply(said)  # noqa: S321
            if self._is_secured:
                # Some servers (vsftpd's require_ssl_reuse) want the session of the control connection.
                session = cast(ssl.SSLSocket, self.sock).session
                data = self.context.wrap_socket(data, server_hostname=self.host, session=session)
        except BaseException:
            data.close()
            raise
        size = ftplib.parse150(said) if said.startswith("150") else None  # noqa: S321
        return data, size


@dataclass(frozen=True)
class FtpServer:
    """Where to connect, and as whom.

    Attributes
    ----------
    host, port : str, int
        Of the server.
    tls : bool
        Whether control and data connections are encrypted (explicit FTPS).
    verify : bool
        Whether the certificate must be valid for the host.
    user, password : str
        Empty: anonymous.
    """

    host: str
    port: int = 21
    tls: bool = False
    verify: bool = True
    user: str = ""
    password: str = ""


class FtpClient:
    """Lists folders and streams files of one server; several connections at once.

    Parameters
    ----------
    server : FtpServer
        The server.
    limits : TransferLimits
        Of each transfer.
    turns : Turns
        How many connections the host gets at once.
    """

    def __init__(self, server: FtpServer, limits: TransferLimits, turns: Turns) -> None:
        self._server = server
        self._limits = limits
        self._turns = turns
        self._idle: list[GuardedFtp] = []

    async def stop(self) -> None:
        """Close the connections that are kept."""
        while self._idle:
            await asyncio.to_thread(self._idle.pop().close)

    async def entries(self, folder: str) -> list[tuple[str, Mapping[str, str]]]:
        """Return name and facts (``type``, ``size``) of what a folder holds.

        Parameters
        ----------
        folder : str
            Absolute path.

        Raises
        ------
        FetchError
            If it cannot be listed.
        """
        connection = await self._take()
        well = False
        try:
            with as_fetch_errors():
                found = await asyncio.to_thread(_listed, connection, folder)
            well = True
            return found
        finally:
            await self._give_back(connection, well)

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; a transfer that is cut goes on where it was cut (REST).

        Parameters
        ----------
        path : str
            Absolute path.

        Yields
        ------
        bytes
            The next bytes.

        Raises
        ------
        FetchError
            If it cannot be fetched to its end.
        """
        size = 0
        for left in range(RESUMES, -1, -1):
            try:
                async with self._turns.at(f"{self._server.host}:{self._server.port}"):
                    async for block in self._transfer(path, size):
                        size += len(block)
                        if size > self._limits.file_bytes:
                            raise too_large(self._limits.file_bytes)
                        yield block
            except FetchError as error:
                if error.fault is not Fault.CUT or not size or not left:
                    raise
            else:
                return

    async def _transfer(self, path: str, offset: int) -> AsyncIterator[bytes]:
        connection = await self._take()
        data = None
        well, began, size = False, time.monotonic(), 0
        try:
            with as_fetch_errors():
                data, total = await asyncio.to_thread(connection.ntransfercmd, f"RETR {path}", offset or None)
                receive = data.recv
                while block := await asyncio.to_thread(receive, BLOCK):
                    size += len(block)
                    passed = time.monotonic() - began
                    if passed > self._limits.silence_s and size < self._limits.least_rate * passed:
                        raise FetchError(Fault.SLOW, f"{size / passed:.0f} bytes a second")
                    yield block
                await asyncio.to_thread(_close_data, data)
                await asyncio.to_thread(_ended, connection)
                if total is not None and total > offset + size:
                    raise FetchError(Fault.CUT, f"{offset + size} of {total} bytes came")
            well = True
        finally:
            if data is not None:
                data.close()
            await self._give_back(connection, well)

    async def _take(self) -> GuardedFtp:
        if self._idle:
            return self._idle.pop()
        with as_fetch_errors():
            return await asyncio.to_thread(self._connect)

    def _connect(self) -> GuardedFtp:
        server = self._server
        context = _context(server.verify) if server.tls else None
        made = GuardedFtp(self._limits.networks, self._limits.silence_s, context)
        try:
            made.open(server.host, server.port, server.user, server.password)
        except BaseException:
            made.close()
            raise
        return made

    async def _give_back(self, connection: GuardedFtp, well: bool) -> None:
        if well:
            self._idle.append(connection)
        else:
            await asyncio.to_thread(connection.close)


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _close_data(data: socket.socket) -> None:
    if isinstance(data, ssl.SSLSocket):
        with suppress(OSError):  # many servers close without TLS' own goodbye
            data.unwrap()
    data.close()


def _ended(connection: GuardedFtp) -> None:
    """Read the server's last word on a transfer: 426 and the like say that it was cut."""
    try:
        connection.voidresp()
    except ftplib.error_temp as error:
        raise FetchError(Fault.CUT, str(error)) from error


def _listed(connection: GuardedFtp, folder: str) -> list[tuple[str, Mapping[str, str]]]:
    """List a folder by MLSD; by LIST where the server does not know it."""
    try:
        return [(name, facts) for name, facts in _bounded(connection.mlsd(folder, ["type", "size"]))]
    except ftplib.error_perm as error:
        if str(error)[:3] not in {"500", "501", "502", "504", "522"}:
            raise
    lines: list[str] = []

    def take(line: str) -> None:
        if len(lines) < MOST_ENTRIES:
            lines.append(line)

    # Options of LIST are not standard: the folder is entered, so that no name is taken for one.
    connection.cwd(folder)
    connection.retrlines("LIST", take)
    return [entry for line in lines if (entry := unix_line(line))]


def _bounded(found: Any) -> Any:
    for number, entry in enumerate(found):
        if number >= MOST_ENTRIES:
            return
        yield entry


def unix_line(line: str) -> tuple[str, Mapping[str, str]] | None:
    """Return name and facts of a line of LIST as Unix servers write it; None for other lines and links."""
    parts = line.split(maxsplit=8)
    if len(parts) < 9 or parts[0][0] not in "-d":
        return None
    kind = "dir" if parts[0][0] == "d" else "file"
    return parts[8], {"type": kind, "size": parts[4]}

"""Shells that run commands on this host, or over one kept SSH connection on another host.

Standard input and output of a command are byte streams with the same methods in both cases.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import asyncssh

from launchers.base import ChannelRejected, LaunchError, NodeDown
from launchers.private_file import exposed

#: Sessions at once over one connection: servers allow ten (``MaxSessions``).
SESSIONS = 6

#: Seconds until a connection attempt fails, and between keep-alive messages.
CONNECT_S = 15
ALIVE_S = 15

#: Bytes of standard error that are kept.
COMPLAINTS = 4096

#: The text of asyncssh for a channel whose connection is closing.
CLOSED = "SSH connection closed"


@dataclass(frozen=True)
class Running:
    """A running command.

    `stdin` has ``write, drain, write_eof``; `stdout` has ``read, readexactly, readline``.
    """

    stdin: Any
    stdout: Any
    complaints: asyncio.Task[bytes]

    async def said(self) -> str:
        """Wait for its end and return its standard error."""
        return (await self.complaints).decode("utf-8", "replace").strip()


class Shell(Protocol):
    """Runs commands on one host."""

    place: str

    def run(self, command: Sequence[str]) -> contextlib.AbstractAsyncContextManager[Running]:
        """Start a command that ends with the context; `NodeDown` if it cannot be started."""

    async def close(self) -> None:
        """Close the connection."""


class LocalShell:
    """Commands of this host, as the platform's own user."""

    place = "this host"

    @contextlib.asynccontextmanager
    async def run(self, command: Sequence[str]) -> AsyncIterator[Running]:
        """See `Shell.run`."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        except (OSError, ValueError) as error:  # no such program, no program, or no name of one
            reason = f"{command[0]!r} cannot be run on this host: {_words(error)}"
            raise NodeDown("shell", reason) from error
        complaints = asyncio.create_task(_keep(process.stderr))
        try:
            yield Running(process.stdin, process.stdout, complaints)
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
            complaints.cancel()

    async def close(self) -> None:
        """See `Shell.close`."""


class SshShell:
    """Commands of another host, and streams to what listens there.

    Parameters
    ----------
    url : str
        ``ssh://USER@HOST:PORT``.
    key : str
        File of the private key; empty: the platform user's keys and agent.
    known_hosts : str
        File of host keys; empty: the platform user's. A host whose key is not in it is rejected.
    kind : str
        Kind of the launcher, for errors.
    """

    def __init__(self, url: str, key: str = "", known_hosts: str = "", kind: str = "slurm") -> None:
        parts = urlsplit(url)
        if parts.scheme != "ssh" or not parts.hostname or parts.password or parts.path not in {"", "/"}:
            raise LaunchError(kind, f"address {url!r} is not of the form ssh://USER@HOST:PORT")
        if key and (why := exposed(key)):
            raise LaunchError(kind, f"ssh_key: {why}")
        self.kind = kind
        self.place = parts.hostname
        self._options: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or (),
            "username": parts.username or (),
            "client_keys": [str(Path(key).expanduser())] if key else (),
            "known_hosts": str(Path(known_hosts).expanduser()) if known_hosts else (),
            "connect_timeout": CONNECT_S,
            "keepalive_interval": ALIVE_S,
        }
        self._connection: asyncssh.SSHClientConnection | None = None
        self._connecting = asyncio.Lock()
        self._sessions = asyncio.Semaphore(SESSIONS)

    @contextlib.asynccontextmanager
    async def run(self, command: Sequence[str]) -> AsyncIterator[Running]:
        """See `Shell.run`."""
        async with self._sessions:
            process = await self._on_connection(
                lambda connection: connection.create_process(shlex.join(command), encoding=None)
            )
            complaints = asyncio.create_task(_keep(process.stderr))
            try:
                yield Running(process.stdin, process.stdout, complaints)
            except (asyncssh.Error, ConnectionError) as error:
                raise NodeDown(self.kind, f"the connection to {self.place} broke: {_words(error)}") from error
            finally:
                complaints.cancel()
                process.close()

    async def close(self) -> None:
        """See `Shell.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            with contextlib.suppress(asyncssh.Error, OSError):
                await connection.wait_closed()

    async def reach(self, target: tuple[str, int] | str) -> Any:
        """Return streams (``read``; ``write, drain, write_eof``) to a listener on that host.

        Parameters
        ----------
        target : tuple of str and int, or str
            Host, as that machine resolves it, and port; or the path of a Unix socket.
        """
        if isinstance(target, str):
            return await self._on_connection(lambda connection: connection.open_unix_connection(target))
        return await self._on_connection(lambda connection: connection.open_connection(*target))

    async def _on_connection(self, work: Callable[[asyncssh.SSHClientConnection], Awaitable[Any]]) -> Any:
        """Call `work` with the connection; a broken connection is replaced once."""
        for last in (False, True):
            try:
                return await work(await self._connected())
            except (OSError, asyncssh.Error) as error:
                if isinstance(error, asyncssh.ChannelOpenError) and error.reason != CLOSED:
                    reason = f"{self.place} rejects the request over SSH: {_words(error)}"
                    raise ChannelRejected(self.kind, reason) from error
                await self.close()
                if last:
                    reason = f"{self.place} cannot be reached over SSH: {_words(error)}"
                    raise NodeDown(self.kind, reason) from error
        raise AssertionError  # unreachable: the second attempt returns or raises

    async def _connected(self) -> asyncssh.SSHClientConnection:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncssh.connect(**self._options)
            return self._connection


async def _keep(stream: Any) -> bytes:
    """Read to the end and return the last bytes: an unread stream would block the command."""
    kept = b""
    while data := await stream.read(COMPLAINTS):
        kept = (kept + data)[-COMPLAINTS:]
    return kept


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__

"""The connection to a Docker engine: blocking SDK calls in threads, with errors translated."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import docker
import requests
from docker.errors import APIError, DockerException
from urllib3.exceptions import ProtocolError

from launchers.base import ChannelRejected, LaunchError, NodeDown
from launchers.docker.options import DockerOptions
from launchers.options import options_of
from launchers.private_file import exposed

_T = TypeVar("_T")

KIND = "docker"

#: Where an engine listens unless DOCKER_HOST says otherwise.
SOCKET = "/var/run/docker.sock"
DEFAULT_URL = f"unix://{SOCKET}"

#: Concurrent calls.
THREADS = 8


class Client(docker.APIClient):  # type: ignore[misc]
    """The SDK's client; ignores proxies of the environment."""

    trust_env = property(lambda _: False, lambda _self, _value: None)


@dataclass(frozen=True)
class EngineAddress:
    """The address of an engine, with the files that open it.

    Attributes
    ----------
    options : DockerOptions
        ``url`` is ``unix:///PATH``, ``ssh://USER@HOST:PORT`` (with ``/PATH`` of the engine's socket where
        that is not the usual one) or ``tcp://HOST:PORT``; empty: what the ``docker`` command would use.

    Raises
    ------
    LaunchError
        From the constructor, if the address or a certificate cannot be used.
    """

    options: DockerOptions

    def __post_init__(self) -> None:
        if self.scheme not in self.options.schemes:
            raise LaunchError(KIND, f"address {self.place!r} is not of the form unix://, ssh:// or tcp://")
        if self.options.url and self.scheme == "tcp":
            self._check_certificates()

    def _check_certificates(self) -> None:
        for name, described in options_of(DockerOptions).items():
            path = getattr(self.options, name)
            if described.required_for != self.scheme:
                continue
            if not path:
                raise LaunchError(
                    KIND,
                    f"{self.options.url} needs {name}: an engine without TLS gives its host to everybody",
                )
            if not Path(path).expanduser().is_file():
                raise LaunchError(KIND, f"{name} {path} is not there")
            if described.secret and (why := exposed(path)):
                raise LaunchError(KIND, f"{name}: {why}")

    @property
    def place(self) -> str:
        """The effective address."""
        return str(self.options.url or docker.utils.kwargs_from_env().get("base_url") or DEFAULT_URL)

    @property
    def scheme(self) -> str:
        """``unix``, ``ssh`` or ``tcp``."""
        return urlsplit(self.place).scheme.replace("http+unix", "unix").replace("https", "tcp")

    @property
    def host(self) -> str:
        """The engine's host; empty: this one."""
        return urlsplit(self.place).hostname or ""

    @property
    def login(self) -> str:
        """The address without the socket's path."""
        return urlunsplit((*urlsplit(self.place)[:2], "", "", ""))

    @property
    def socket(self) -> str:
        """The socket's path, on the engine's host."""
        return urlsplit(self.place).path.rstrip("/") or SOCKET

    def arguments(self) -> dict[str, Any]:
        """Return what the SDK's client needs for ``unix`` and ``tcp``."""
        options = self.options
        if not options.url:
            return {**docker.utils.kwargs_from_env(), "base_url": self.place}
        if self.scheme == "unix":
            return {"base_url": options.url}
        files = (options.tls_ca, options.tls_cert, options.tls_key)
        ca, cert, key = (str(Path(path).expanduser()) for path in files)
        tls = docker.tls.TLSConfig(client_cert=(cert, key), ca_cert=ca, verify=True)
        return {"base_url": options.url, "tls": tls}


class DockerConnection:
    """Runs calls to one engine in threads.

    Parameters
    ----------
    address : EngineAddress
        The engine.
    timeout_s : float
        Seconds for an answer of the engine.
    """

    def __init__(self, address: EngineAddress, timeout_s: float) -> None:
        self.address = address
        self.timeout_s = timeout_s
        self.tunnels = _tunnels(address) if address.scheme == "ssh" else None
        self._socket = ""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=KIND)
        self._local = threading.local()
        self._clients: list[Any] = []

    async def call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Run a function that uses `client` in a thread.

        Raises
        ------
        NodeDown
            If the engine does not answer.
        LaunchError
            If it rejects the call; the reason is its own text.
        """
        if self.tunnels is not None and not self._socket:
            self._socket = await self.tunnels.socket(self.address.socket)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._guard, function, arguments)

    @property
    def client(self) -> Any:
        """The client of this thread; the SDK's sessions cannot be shared."""
        if not hasattr(self._local, "client"):
            arguments = {"base_url": f"unix://{self._socket}"} if self._socket else self.address.arguments()
            if arguments["base_url"].startswith("unix://"):
                # Before the SDK, which leaves its socket open when the engine does not answer.
                with socket.socket(socket.AF_UNIX) as attempt:
                    attempt.connect(arguments["base_url"].removeprefix("unix://"))
            self._local.client = Client(**arguments, version="auto", timeout=self.timeout_s)
            self._clients.append(self._local.client)
        return self._local.client

    async def close(self) -> None:
        """Wait for running calls and close the connections."""
        await asyncio.to_thread(self._pool.shutdown)
        while self._clients:
            self._clients.pop().close()
        if self.tunnels is not None:
            await self.tunnels.close()

    def _guard(self, function: Callable[..., _T], arguments: tuple[Any, ...]) -> _T:
        try:
            return self._tried(function, arguments)
        except APIError as error:
            raise LaunchError(KIND, str(error.explanation or error)) from error
        except (DockerException, requests.RequestException, OSError) as error:
            raise NodeDown(KIND, self._unreachable(error)) from error

    def _tried(self, function: Callable[..., _T], arguments: tuple[Any, ...]) -> _T:
        """Call the function, again if a kept connection was broken: all calls look objects up by name."""
        try:
            return function(*arguments)
        except requests.ConnectionError as error:
            if not self.address.host or not isinstance(error.args[0], ProtocolError):
                raise
        return function(*arguments)

    def _unreachable(self, error: Exception) -> str:
        text = str(error)
        fault: NodeDown | None = self.tunnels.fault if self.tunnels is not None else None
        if fault is not None:
            denied = isinstance(fault, ChannelRejected)
            return fault.reason + (f"; may this user open {self.address.socket} there?" if denied else "")
        if "SSL" in text:
            where = f"the Docker engine at {self.address.host} and this platform do not trust each other"
            return f"{where}: are tls_ca, tls_cert and tls_key of the engine's authority? ({text[-200:]})"
        if self.address.host:
            return f"the Docker engine at {self.address.host} does not answer: {text}"
        if "Permission denied" in text or "PermissionError" in text:
            return "this user may not talk to the Docker engine; join the group docker, or use udocker"
        if "No such file" in text or "FileNotFoundError" in text or "Connection refused" in text:
            return "no Docker engine answers here; start it, or say where it is (DOCKER_HOST)"
        return f"the Docker engine does not answer: {text}"


def _tunnels(address: EngineAddress) -> Any:
    from launchers.remote.ssh import SshShell  # noqa: PLC0415 - asyncssh is of the extra hpc, and only SSH needs it
    from launchers.remote.tunnel import Tunnels  # noqa: PLC0415

    return Tunnels(SshShell(address.login, address.options.ssh_key, address.options.known_hosts, KIND))

"""The way to a Docker engine: its SDK blocks, so it is called in threads; its errors become ours."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import docker
import requests
from docker.errors import APIError, DockerException

from launchers.base import LaunchError, NodeDown

_T = TypeVar("_T")

KIND = "docker"

#: Where an engine listens unless DOCKER_HOST says otherwise.
DEFAULT_URL = "unix:///var/run/docker.sock"

#: Calls at the same time.
THREADS = 8


class DockerConnection:
    """Calls to one engine; see `launchers.docker.DockerLauncher` for the parameters."""

    def __init__(self, url: str | None, timeout_s: float) -> None:
        self.url = url
        self.timeout_s = timeout_s
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=KIND)
        self._local = threading.local()
        self._clients: list[Any] = []

    async def call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Run what uses `client` in a thread.

        Raises
        ------
        NodeDown
            If the engine does not answer.
        LaunchError
            If it refuses, with its own words.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, _guard, function, arguments)

    @property
    def client(self) -> Any:
        """One per thread: the SDK's sessions are not meant to be shared."""
        if not hasattr(self._local, "client"):
            environment = docker.utils.kwargs_from_env()
            environment["base_url"] = self.url or environment.get("base_url") or DEFAULT_URL
            if environment["base_url"].startswith("unix://"):
                # Tried before the SDK does, which would leave its socket open when nobody answers.
                with socket.socket(socket.AF_UNIX) as attempt:
                    attempt.connect(environment["base_url"].removeprefix("unix://"))
            self._local.client = docker.APIClient(**environment, version="auto", timeout=self.timeout_s)
            self._clients.append(self._local.client)
        return self._local.client

    async def close(self) -> None:
        """Wait for calls under way and let go of the engine."""
        await asyncio.to_thread(self._pool.shutdown)
        while self._clients:
            self._clients.pop().close()


def _guard(function: Callable[..., _T], arguments: tuple[Any, ...]) -> _T:
    try:
        return function(*arguments)
    except APIError as error:
        raise LaunchError(KIND, str(error.explanation or error)) from error
    except (DockerException, requests.RequestException, OSError) as error:
        raise NodeDown(KIND, _unreachable(error)) from error


def _unreachable(error: Exception) -> str:
    text = str(error)
    if "Permission denied" in text or "PermissionError" in text:
        return "this user may not talk to the Docker engine; join the group docker, or use udocker"
    if "No such file" in text or "FileNotFoundError" in text or "Connection refused" in text:
        return "no Docker engine answers here; start it, or say where it is (DOCKER_HOST)"
    return f"the Docker engine does not answer: {text}"

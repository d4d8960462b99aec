"""Our gateway and nginx, each before a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.gateway.server import TOKEN_FILE
from benchmarks.serving.servers import Address, free_port, runtime, started

PATH = "/v2/models/rdf/predict/"
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_buffer_size 2m; client_max_body_size 0; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  upstream replica {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} backlog=1024;
    location / {{ proxy_pass http://replica; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


@contextmanager
def fixed(folder: Path) -> Iterator[Address]:
    """Start the server that answers at once."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.gateway.server", "fixed", str(port)]
    with started(command, folder / "none", "/health/ready", port) as process:
        yield Address(port, PATH, process)


@contextmanager
def nginx(folder: Path, behind: int) -> Iterator[Address]:
    """Put nginx before a server."""
    port = free_port()
    place = folder / "nginx"
    place.mkdir()
    (place / "nginx.conf").write_text(NGINX.format(folder=place, behind=behind, port=port))
    with started(
        ["nginx", "-p", str(place), "-c", str(place / "nginx.conf")], folder / "none", "/", port
    ) as process:
        yield Address(port, PATH, process)


@contextmanager
def ours(folder: Path, behind: int) -> Iterator[Address]:
    """Put our gateway before a server."""
    port = free_port()
    place = folder / f"gateway-{port}"
    place.mkdir()
    command = [
        sys.executable,
        "-m",
        "benchmarks.gateway.server",
        "gateway",
        str(port),
        str(behind),
        str(place),
    ]
    with started(command, folder / "none", "/predict-ready", port) as process:
        token = (place / TOKEN_FILE).read_text("utf-8")
        yield Address(port, "/predict/bench", process, (("Authorization", f"Bearer {token}"),))


@contextmanager
def through_gateway(model: Path) -> Iterator[Address]:
    """Give `benchmarks.serving` our runtime behind our gateway; the processes of both are counted."""
    with runtime(model) as behind, ours(model.parent, behind.port) as address:
        both = _Both(address.process.pid, behind.process)
        yield replace(address, process=both)


class _Both(psutil.Process):  # type: ignore[misc]  # psutil has no types
    """The gateway's process, whose children are taken to include the replica's."""

    def __init__(self, pid: int, replica: psutil.Process) -> None:
        super().__init__(pid)
        self._replica = replica

    def children(self, recursive: bool = False) -> list[psutil.Process]:
        """Return the processes below the gateway, the replica and those below it."""
        return [*super().children(recursive), self._replica, *self._replica.children(recursive)]

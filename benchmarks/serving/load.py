"""A load generator in a process of its own, ``python -m benchmarks.serving.load``.

Each client is one kept-alive connection that sends its next request when the answer to the last one is
there. Requests are put together before the clock starts and answers are only measured, so that the
generator takes little of the processor that it shares with the server.

Input: ``{"host", "port", "path", "headers": {…}, "files": [paths], "clients", "seconds"}``. Output:
``{"requests", "failures", "seconds", "p50_ms", "p99_ms", "cpu_s"}``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

#: Part of the time (s) that does not count: connections open, the server learns.
WARM_UP = 1.0


def multipart(path: Path, host: str, target: str, headers: dict[str, str]) -> bytes:
    """Return a request with one file in the field ``data``, as any HTTP library sends it.

    Parameters
    ----------
    path : Path
        The file.
    host : str
        Value of the header ``Host``.
    target : str
        Path of the request.
    headers : dict
        Other headers.

    Returns
    -------
    bytes
        Request line, headers and body.
    """
    boundary = "a8f3c9d2e5b14760"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = head + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        "Accept: */*",
        f"Content-Type: multipart/form-data; boundary={boundary}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(
        self, requests: Iterator[bytes], times: list[tuple[float, float]], failures: list[str]
    ) -> None:
        self._requests, self._times, self._failures = requests, times, failures
        self._buffer = bytearray()
        self._needed = 0
        self._sent = 0.0
        self.stopped = False
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport: Any = transport
        self._next()

    def _next(self) -> None:
        if self.stopped:
            self._transport.close()
            return
        self._buffer.clear()
        self._needed = 0
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer."""
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            place = head.find(b"content-length:")
            self._needed = end + 4 + int(head[place + 15 :].split(b"\r\n", 1)[0])
        if len(self._buffer) >= self._needed:
            self._times.append((self._sent, time.perf_counter()))
            if not self._buffer.startswith(b"HTTP/1.1 200"):
                self._failures.append(bytes(self._buffer[:300]).decode("latin-1"))
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Note a connection that was closed early."""
        if not self.stopped:
            self._failures.append(f"the connection was closed: {error}")
        if not self.closed.done():
            self.closed.set_result(None)


async def load(plan: dict[str, Any]) -> dict[str, Any]:
    """Send requests for the given time and return what was measured."""
    requests = [
        multipart(Path(path), plan["host"], plan["path"], plan.get("headers", {})) for path in plan["files"]
    ]
    times: list[tuple[float, float]] = []
    failures: list[str] = []
    loop = asyncio.get_running_loop()
    clients = []
    for number in range(plan["clients"]):
        # Every client begins at another file, so that no two send the same at the same time.
        turn = itertools.cycle(requests[number % len(requests) :] + requests[: number % len(requests)])
        _, client = await loop.create_connection(
            lambda turn=turn: Client(turn, times, failures),  # type: ignore[misc]
            plan["host"],
            plan["port"],
        )
        clients.append(client)
    await asyncio.sleep(WARM_UP)
    cpu, begun = _cpu(), time.perf_counter()
    print("begin", flush=True)
    await asyncio.sleep(plan["seconds"])
    ended, cpu = time.perf_counter(), _cpu() - cpu
    print("end", flush=True)
    for client in clients:
        client.stopped = True
    await asyncio.wait([client.closed for client in clients], timeout=30)
    taken = sorted(done - sent for sent, done in times if begun <= done <= ended)
    return {
        "requests": len(taken),
        "failures": len(failures),
        "failure": failures[0] if failures else "",
        "seconds": ended - begun,
        "p50_ms": 1000 * taken[len(taken) // 2] if taken else float("nan"),
        "p99_ms": 1000 * taken[int(len(taken) * 0.99)] if taken else float("nan"),
        "cpu_s": cpu,
    }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    print(json.dumps(uvloop.run(load(json.load(sys.stdin)))))

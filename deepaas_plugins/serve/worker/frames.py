"""What crosses between the HTTP process and a worker: a JSON head and raw bytes behind their lengths.

Nothing is pickled. A head may name parts of the bytes by their sizes; `Cursor` takes them apart without
copying.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Any

Json = dict[str, Any]

#: Length of the head, length of the bytes.
_LENGTHS = struct.Struct("!IQ")


def encode(head: Json, parts: Sequence[bytes | memoryview] = ()) -> list[bytes | memoryview]:
    """Return what is to be written: lengths and head, then the parts as they are."""
    text = json.dumps(head).encode()
    return [_LENGTHS.pack(len(text), sum(len(part) for part in parts)) + text, *parts]


class Cursor:
    """Takes consecutive parts from a frame's bytes."""

    def __init__(self, content: bytes | memoryview) -> None:
        self._content = memoryview(content)
        self._place = 0

    def take(self, size: int) -> memoryview:
        """Return the next `size` bytes."""
        part = self._content[self._place : self._place + size]
        self._place += size
        return part


class BlockingChannel:
    """The worker's end: reads and writes whole frames."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._reader = connection.makefile("rb", buffering=1 << 18)
        self._sending = threading.Lock()

    def receive(self) -> tuple[Json, bytes] | None:
        """Wait for a frame; None when the other side is gone."""
        lengths = self._reader.read(_LENGTHS.size)
        if len(lengths) < _LENGTHS.size:
            return None
        head_size, size = _LENGTHS.unpack(lengths)
        head = self._reader.read(head_size)
        content = self._reader.read(size)
        if len(head) + len(content) < head_size + size:
            return None
        return json.loads(head.decode()), content

    def send(self, head: Json, parts: Sequence[bytes] = ()) -> None:
        """Write a frame."""
        frame = b"".join(encode(head, parts))
        with self._sending:  # metadata comes from a thread of its own
            self._socket.sendall(frame)

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self._socket.close()


class AsyncChannel(asyncio.Protocol):
    """The HTTP process's end.

    Parameters
    ----------
    received
        Called with every frame.
    lost
        Called once when the worker is gone.
    """

    def __init__(self, received: Callable[[Json, bytes], None], lost: Callable[[], None]) -> None:
        self._received, self._lost = received, lost
        self._buffer = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell that the worker is gone."""
        self._transport = None
        self._lost()

    def data_received(self, data: bytes) -> None:
        """Collect bytes and hand out the frames that are whole."""
        buffer = self._buffer
        buffer += data
        place = 0
        while len(buffer) - place >= _LENGTHS.size:
            head_size, size = _LENGTHS.unpack_from(buffer, place)
            begin = place + _LENGTHS.size
            end = begin + head_size + size
            if len(buffer) < end:
                break
            head = json.loads(buffer[begin : begin + head_size].decode())
            self._received(head, bytes(buffer[begin + head_size : end]))
            place = end
        if place:
            del buffer[:place]

    def send(self, head: Json, parts: Sequence[bytes | memoryview] = ()) -> None:
        """Write a frame; one for a worker that is gone is dropped (`lost` tells of it)."""
        if self._transport is not None:
            self._transport.writelines(encode(head, parts))

    def close(self) -> None:
        """Close the connection: a worker ends when it sees that."""
        if self._transport is not None:
            self._transport.close()

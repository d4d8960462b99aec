"""Requests, and the one way of sending them: a connection for each, with Python's own HTTP."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

CHUNK = 256 * 1024
PAUSE_S = 1.0
REPEATABLE = frozenset({429, 503})  # busy, starting, or above a limit: a repetition may succeed
_CONNECTIONS: Mapping[str, type[http.client.HTTPConnection]] = {
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}


class HugginsError(Exception):
    """The platform did not do it; `str` of it says why.

    Attributes
    ----------
    status : int
        Of HTTP; 0: there was no answer.
    problem : object
        The whole answer, with ``errors`` by field.
    """

    def __init__(self, status: int, reason: str, problem: Any = None) -> None:
        super().__init__(f"{reason} ({status})" if status else reason)
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Request:
    """A request; `pieces` of its body are bytes, or files that are read while they are sent."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    pieces: Sequence[bytes | Path] = ()
    kind: str = "application/json"
    accept: str = "application/json"

    @property
    def target(self) -> str:
        """The path with the query."""
        given = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in self.query.items()
        }
        return f"{self.path}?{urlencode(given, doseq=True)}" if given else self.path


@dataclass(frozen=True)
class Response:
    """An answer."""

    kind: str
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True)
class Wait:
    """Wait before the next request."""

    seconds: float


def place(*parts: str) -> str:
    """Return a path of names, each encoded."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def json_body(content: Any) -> tuple[bytes, ...]:
    """Return the body of a request with JSON."""
    return (json.dumps(content).encode(),)


def form(files: Sequence[tuple[str, Path]]) -> tuple[tuple[bytes | Path, ...], str]:
    """Return the pieces and the type of a form with files, as pairs of a field's name and a path."""
    boundary = secrets.token_hex(16)
    pieces: list[bytes | Path] = []
    for name, file in files:
        shown = "".join("_" if letter in '\\"\r\n' else letter for letter in file.name)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{shown}"\r\n'
        pieces += [f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(), file, b"\r\n"]
    return (*pieces, f"--{boundary}--\r\n".encode()), f"multipart/form-data; boundary={boundary}"


class Sender:
    """Sends requests to one platform.

    Parameters
    ----------
    address : str
        Such as ``http://127.0.0.1:8470``.
    token : str or None
        Of the platform.
    timeout_s, patience_s : float
        Seconds without data after which a request fails; for which it is repeated while the platform is busy.

    Raises
    ------
    ValueError
        If the address is none.
    """

    def __init__(self, address: str, token: str | None, timeout_s: float, patience_s: float) -> None:
        parts = urlsplit(address.rstrip("/"))
        if parts.scheme not in _CONNECTIONS or not parts.hostname:
            raise ValueError(f"{address!r} is no address such as http://127.0.0.1:8470")
        self._parts, self._token = parts, token
        self._timeout_s, self._patience_s = timeout_s, patience_s

    def send(self, request: Request) -> Response:
        """Send a request, repeating it while the platform is busy; `HugginsError` if it fails."""
        deadline = time.monotonic() + self._patience_s
        while True:
            status, headers, body = self._send(request)
            if status < 300:
                return Response(headers.get("content-type", ""), body)
            after = headers.get("retry-after", "")
            pause = float(after) if after.isdigit() else PAUSE_S
            if status not in REPEATABLE or time.monotonic() + pause > deadline:
                raise _error(status, body)
            time.sleep(pause)

    def _send(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        parts = self._parts
        connection = _CONNECTIONS[parts.scheme](parts.hostname or "", parts.port, timeout=self._timeout_s)
        headers = {"Accept": request.accept}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if request.pieces:
            headers |= {"Content-Type": request.kind, "Content-Length": str(_size(request.pieces))}
        try:
            body = _chunks(request.pieces) if request.pieces else None
            connection.request(request.method, parts.path + request.target, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise HugginsError(0, f"{parts.netloc} does not answer: {error}") from error
        finally:
            connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def _size(pieces: Sequence[bytes | Path]) -> int:
    return sum(one.stat().st_size if isinstance(one, Path) else len(one) for one in pieces)


def _chunks(pieces: Sequence[bytes | Path]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        with piece.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _error(status: int, body: bytes) -> HugginsError:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return HugginsError(status, body[:500].decode("utf-8", "replace") or "The platform says no more.")
    reason = said.get("detail") or said.get("message") or said.get("title")
    if not reason:  # DEEPaaS: messages by argument
        reason = "; ".join(f"{name}: {told}" for name, told in said.items())
    return HugginsError(status, str(reason), said)

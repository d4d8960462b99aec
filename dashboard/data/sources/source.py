"""The protocol of sources."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from aiohttp import hdrs

from dashboard.data.sources.record import Record, RecordPage
from dashboard.data.sources.transport.clients import Clients
from dashboard.data.sources.transport.http import origin_of

Described = Mapping[str, Any]
#: Reads a VOTable on disk and writes its rows as lines of JSON: ``await read(table, lines)``.
TableReader = Callable[[Path, Path], Awaitable[None]]


@dataclass(frozen=True)
class SourceContext:
    """What a source is made of.

    Attributes
    ----------
    values : mapping
        Its parameters, completed with the defaults.
    credentials : mapping
        ``user`` and ``password``; empty: none.
    clients : Clients
        The only way to the network.
    folder : Path
        For documents while a list is made; exists.
    read_table : callable
        Reads a VOTable in a process of its own.
    uploaded : Path or None
        The list that was uploaded.
    """

    values: Mapping[str, Any]
    clients: Clients
    folder: Path
    read_table: TableReader
    credentials: Mapping[str, str] = field(default_factory=dict)
    uploaded: Path | None = None

    def authorized(self, address: str) -> dict[str, Any]:
        """Return what a request to an address has of the credentials: they go to its own server alone.

        A redirect to another server loses them, too (`aiohttp` drops ``Authorization`` there).
        """
        user, password = self.credentials.get("user", ""), self.credentials.get("password", "")
        own = str(self.values.get("address", "")).split()[:1]
        if not (user or password) or not own or origin_of(own[0]) != origin_of(address):
            return {}
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"headers": {hdrs.AUTHORIZATION: f"Basic {token}"}}

    def stream(self, address: str) -> AsyncIterator[bytes]:
        """Yield the bytes at an address of HTTP; errors as `Source.open`."""
        return self.clients.http.stream(address, **self.authorized(address))


class Source(Protocol):
    """Lists records, and opens one."""

    def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """Yield the list, page by page.

        Parameters
        ----------
        resume : str
            Token of an interrupted list, which saves what the service did for it; all records come again.

        Raises
        ------
        FetchError
            If the list cannot be made.
        """

    def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a record.

        Parameters
        ----------
        record : Record
            One of the list.

        Raises
        ------
        FetchError
            If it cannot be fetched, or not to its end.
        """


@runtime_checkable
class KeepsConnections(Protocol):
    """A source that keeps connections until it is stopped."""

    async def stop(self) -> None:
        """Close them."""


@dataclass(frozen=True)
class SourceKind:
    """A kind of source: what its form asks for, and how one is made.

    Attributes
    ----------
    name, title, help : str
        In the API; on the page.
    parameters : sequence of mapping
        As parameters are described (docs/contracts.md, section 5).
    make : callable
        Makes a source; raises `FetchError` if an address is none.
    """

    name: str
    title: str
    help: str
    parameters: Sequence[Described]
    make: Callable[[SourceContext], Source]

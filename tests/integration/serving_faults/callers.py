"""Callers that go on asking, and remember when they asked and what they were told."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from tests.integration.serving_faults.bodies import FORM, Bad, form, part


@dataclass(frozen=True)
class Told:
    """One answer; the times are the monotonic clock's."""

    name: str
    asked: float
    answered: float
    status: int
    headers: Mapping[str, str]
    body: bytes


async def ask(session: aiohttp.ClientSession, address: str, name: str, star: bytes) -> Told:
    """Ask about one star."""
    asked = time.monotonic()
    data, headers = form(part(star, "data", name)), {"Content-Type": FORM}
    async with session.post(address, data=data, headers=headers) as answer:
        body = await answer.read()
        return Told(name, asked, time.monotonic(), answer.status, dict(answer.headers), body)


class Callers:
    """So many clients that ask about stars in turn until they are told to stop.

    Parameters
    ----------
    address
        Of the model.
    stars
        Files by name.
    clients
        Connections, each with one question at a time.
    """

    def __init__(self, address: str, stars: Mapping[str, bytes], clients: int) -> None:
        self._address, self._stars, self._clients = address, stars, clients
        self._over = asyncio.Event()
        self.told: list[Told] = []

    async def __aenter__(self) -> Callers:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._tasks = [asyncio.create_task(self._go_on(number)) for number in range(self._clients)]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._over.set()
        try:
            await asyncio.gather(*self._tasks)
        finally:
            await self._session.close()

    async def _go_on(self, first: int) -> None:
        for name in _turns(list(self._stars), first):
            if self._over.is_set():
                return
            self.told.append(await ask(self._session, self._address, name, self._stars[name]))


def _turns(names: list[str], first: int) -> Iterator[str]:
    return itertools.islice(itertools.cycle(names), first % len(names), None)


async def alone(address: str, stars: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the answer about each star where nobody else asks."""
    async with aiohttp.ClientSession() as session:
        told = [await ask(session, address, name, star) for name, star in stars.items()]
    assert {each.status for each in told} == {200}
    return {each.name: each.body for each in told}


async def send(port: int, path: str, bad: Bad) -> Told:
    """Send a bad body as it is, on a connection of its own, and read the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = len(bad.body) if bad.promised is None else bad.promised
    lines = [
        f"POST {path}{'?' + bad.query if bad.query else ''} HTTP/1.1",
        "Host: localhost",
        f"Content-Length: {length}",
    ]
    lines += [f"Content-Type: {bad.kind}"] if bad.kind else []
    lines += [f"{name}: {value}" for name, value in bad.headers.items()]
    asked = time.monotonic()
    try:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + bad.body)
        status = int((await reader.readline()).split()[1])
        headers: dict[str, str] = {}
        while line := (await reader.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers["content-length"]))
        return Told(bad.name, asked, time.monotonic(), status, headers, body)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

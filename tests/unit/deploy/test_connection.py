"""How a replica is spoken to, when all goes well and when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from deploy.gateway.connection import SMALL, Content, UpstreamConnection
from deploy.gateway.connection_pool import ConnectionPool
from deploy.gateway.errors import (
    ClientDisconnected,
    UpstreamConnectionError,
    UpstreamTimeout,
    UpstreamUnreachable,
)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok"
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Replica:
    """A server that answers by script; it counts its connections."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.connections = 0
        self.address = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def replica(serve: Serve) -> AsyncIterator[Replica]:
    one = Replica(serve)
    server = await asyncio.start_server(one, "127.0.0.1", 0)
    one.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield one
    server.close()


@pytest.fixture
async def connections() -> AsyncIterator[ConnectionPool]:
    made = ConnectionPool()
    yield made
    await made.close()


async def ask(
    connections: ConnectionPool,
    one: Replica,
    content: Content = None,
    *,
    method: str = "GET",
    head: bytes = HEAD,
    repeatable: bool = True,
    timeout_s: float = 30,
    wanted: Callable[[], bool] = lambda: True,
) -> UpstreamConnection:
    return await connections.ask(
        one.address,
        head,
        content,
        method=method,
        repeatable=repeatable,
        timeout_s=timeout_s,
        is_wanted=wanted,
    )


async def read_head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def answers(*what: bytes) -> Serve:
    """Serve each request with the next of `what`; close after the last."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in what:
            await read_head(reader)
            writer.write(each)

    return serve


async def everything(answer: UpstreamConnection) -> bytes:
    return b"".join([part async for part in answer.parts()])


async def test_one_connection_carries_one_request_after_the_other(connections: ConnectionPool) -> None:
    async with replica(answers(OK, OK, OK)) as one:
        for _ in range(3):
            answer = await ask(connections, one)
            assert (answer.status, answer.content(), answer.complete) == (200, b"ok", True)
            assert (b"X-A", b"1") in answer.headers
            connections.give_back(answer)
        assert one.connections == 1


async def test_an_answer_in_chunks_is_taken_apart_and_its_trailers_dropped(
    connections: ConnectionPool,
) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-T: 1\r\n\r\n"
    async with replica(answers(chunked, OK)) as one:
        answer = await ask(connections, one)
        assert await everything(answer) == b"abc"
        assert [name for name, _ in answer.headers] == [b"Transfer-Encoding"]
        connections.give_back(answer)
        assert (await ask(connections, one)).content() == b"ok"
        assert one.connections == 1


async def test_an_answer_may_end_with_the_connection(connections: ConnectionPool) -> None:
    async with replica(answers(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")) as one:
        answer = await ask(connections, one)
        assert await everything(answer) == b"until the end"


async def test_an_interim_answer_is_none(connections: ConnectionPool) -> None:
    async with replica(answers(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK)) as one:
        answer = await ask(connections, one)
        assert (answer.status, answer.content()) == (200, b"ok")
        assert all(name != b"Link" for name, _ in answer.headers)


async def test_a_head_waits_for_no_content(connections: ConnectionPool) -> None:
    async with replica(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as one:
        answer = await ask(connections, one, method="HEAD")
        assert (answer.complete, answer.content()) == (True, b"")


async def test_a_large_answer_is_read_as_fast_as_it_is_taken(connections: ConnectionPool) -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1000 * SMALL))
        for _ in range(1000):
            writer.write(b"z" * SMALL)
            await writer.drain()
            sent += 1

    async with replica(serve) as one:
        answer = await ask(connections, one)
        parts = answer.parts()
        size = len(await anext(parts))
        before = -1
        while before != sent:  # until the sender stands still, as nobody takes more
            before = sent
            await asyncio.sleep(0.05)
        assert sent < 500
        async for part in parts:
            size += len(part)
        assert size == 1000 * SMALL


async def test_a_kept_connection_that_the_replica_closed_costs_nothing(connections: ConnectionPool) -> None:
    closing = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(OK)
        if one.connections == 1:  # reads the second request and closes, as one that just gave up waiting
            await read_head(reader)
            closing.set()

    async with replica(serve) as one:
        for _ in range(2):
            answer = await ask(connections, one, b"")
            assert answer.content() == b"ok"
            connections.give_back(answer)
        assert closing.is_set()
        assert one.connections == 2


async def test_what_may_not_be_repeated_never_takes_a_kept_connection(connections: ConnectionPool) -> None:
    async with replica(answers(OK, OK)) as one:
        for _ in range(2):
            connections.give_back(await ask(connections, one, repeatable=False))
        assert one.connections == 2


async def test_an_answer_that_breaks_off_is_broken(connections: ConnectionPool) -> None:
    async with replica(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")) as one:
        with pytest.raises(UpstreamConnectionError, match="closed the connection"):
            await ask(connections, one)
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nhalf"
    async with replica(answers(large)) as one:
        answer = await ask(connections, one)
        with pytest.raises(UpstreamConnectionError):
            await everything(answer)


async def test_what_is_no_http_is_broken(connections: ConnectionPool) -> None:
    async with replica(answers(b"220 mail.example ESMTP\r\n")) as one:
        with pytest.raises(UpstreamConnectionError, match="no HTTP answer"):
            await ask(connections, one)


async def test_nobody_listening_is_unreachable(connections: ConnectionPool) -> None:
    async with replica(answers(OK)) as one:
        pass
    with pytest.raises(UpstreamUnreachable):
        await ask(connections, one)


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_a_replica_that_says_nothing_is_late(
    connections: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gateway.connection.CHECK_EVERY_S", 0.01)
    async with replica(silent) as one:
        with pytest.raises(UpstreamTimeout):
            await ask(connections, one, timeout_s=0.02)


async def test_a_replica_is_let_off_when_its_caller_has_gone(
    connections: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gateway.connection.CHECK_EVERY_S", 0.01)
    let_off = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        try:
            await reader.read()
        finally:
            let_off.set()

    async with replica(serve) as one:
        with pytest.raises(ClientDisconnected):
            await ask(connections, one, wanted=lambda: False)
        await asyncio.wait_for(let_off.wait(), 10)


async def test_a_body_that_breaks_off_is_the_callers_fault(connections: ConnectionPool) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError("gone")

    async with replica(silent) as one:
        with pytest.raises(ClientDisconnected, match="gone"):
            await ask(connections, one, half(), method="POST")


async def test_an_answer_before_the_body_is_whole_ends_the_sending(connections: ConnectionPool) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0)

    denial = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    async with replica(answers(denial)) as one:
        answer = await ask(connections, one, endless(), method="POST")
        assert answer.status == 413
        connections.give_back(answer)
        assert not answer.open

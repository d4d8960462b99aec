"""No form of an address, and no way to one, reaches a server that is not allowed (CWE-918)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from dashboard.base.parameter_values import validate_parameters
from dashboard.data.sources.kinds.registry import KINDS
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.source import SourceContext
from dashboard.data.sources.transport.clients import Clients
from dashboard.data.sources.transport.http import HttpClient
from dashboard.data.sources.transport.limits import TransferLimits
from dashboard.data.sources.transport.turns import Turns
from dashboard.data.sources.votable.lines import write_lines
from tests.platform.acquisition.archive import open_archive
from tests.platform.acquisition.test_acquisition import FIELDS, votable

HOSTS = [
    "127.0.0.1", "localhost", "127.1", "127.0.1",
    "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1",
    "127.0.0.1.", "localhost.", "LOCALHOST", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "user@127.0.0.1", "example.org@127.0.0.1", "①②⑦.0.0.1", "127。0。0。1",
]  # fmt: skip
#: Kind and the values of its parameters, with the forbidden server for {0}.
WAYS = [
    ("http-file", {"address": "http://{0}/a.fits"}),
    ("http-index", {"address": "http://{0}/"}),
    ("votable", {"address": "http://{0}/list.vot"}),
    ("ssa", {"address": "http://{0}/ssa?"}),
    ("tap", {"address": "http://{0}/tap", "query": "SELECT 1"}),
    ("tap", {"address": "http://{0}/tap", "query": "SELECT 1", "asynchronous": False}),
    ("ftp", {"address": "ftp://{0}/pub"}),
    ("ftp", {"address": "ftps://{0}/pub"}),
    ("webdav", {"address": "http://{0}/dav/"}),
    ("s3", {"address": "http://{0}", "bucket": "b"}),
    ("doi", {"address": "http://{0}/records/1"}),
    ("doi", {"address": "10.5281/zenodo.1", "resolver": "http://{0}"}),
]


class Trap:
    """A server that counts connections: there must be none."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    def heard(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    made = Trap()
    server = await asyncio.start_server(made.heard, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@asynccontextmanager
async def context(tmp_path: Path, *networks: str) -> AsyncIterator[SourceContext]:
    limits = TransferLimits(networks, silence_s=2.0)
    turns = Turns(4)
    clients = Clients(HttpClient(limits, turns), limits, turns)
    await clients.http.start()

    async def read(table: Path, lines: Path) -> None:
        write_lines(table, lines, 100)

    try:
        yield SourceContext({}, clients, tmp_path, read)
    finally:
        await clients.http.stop()


async def outcome(kind: str, values: dict[str, object], made: SourceContext) -> FetchError | None:
    """List a source, and open its records; return the first failure."""
    complete, errors = validate_parameters(KINDS[kind].parameters, values)
    assert not errors
    try:
        source = KINDS[kind].make(SourceContext(complete, made.clients, made.folder, made.read_table))
        async for page in source.records():
            for record in page.records:
                async for _ in source.open(record):
                    pass
    except FetchError as error:
        return error
    return None


@pytest.mark.parametrize("host", HOSTS)
async def test_no_form_of_a_closed_address_is_reached(tmp_path: Path, host: str) -> None:
    async with trap() as trapped, context(tmp_path) as made:
        error = await outcome("http-file", {"address": f"http://{host}:{trapped.port}/x"}, made)
        assert error is not None
        assert error.fault in {Fault.DENIED, Fault.ADDRESS, Fault.UNREACHABLE}
        assert trapped.connections == 0


@pytest.mark.parametrize(("kind", "values"), WAYS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_no_kind_of_source_reaches_a_closed_address(
    tmp_path: Path, kind: str, values: dict[str, str], host: str
) -> None:
    async with trap() as trapped, context(tmp_path) as made:
        given = {
            name: value.format(f"{host}:{trapped.port}") if isinstance(value, str) else value
            for name, value in values.items()
        }
        error = await outcome(kind, given, made)
        assert error is not None
        assert error.fault in {Fault.DENIED, Fault.UNREACHABLE}
        assert trapped.connections == 0


@pytest.mark.parametrize(
    "scheme", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "//x/y", "data:,a"]
)
async def test_other_schemes_are_no_addresses(tmp_path: Path, scheme: str) -> None:
    async with context(tmp_path) as made:
        error = await outcome("http-file", {"address": scheme}, made)
        assert error is not None
        assert error.fault is Fault.ADDRESS


async def test_links_of_an_allowed_server_lead_to_no_closed_one(tmp_path: Path) -> None:
    async with (
        trap() as trapped,
        open_archive("127.0.0.2") as archive,
        context(tmp_path, "127.0.0.2/32") as made,
    ):
        there = f"http://127.0.0.1:{trapped.port}/secret"

        async def redirect(_request: web.Request) -> web.Response:
            raise web.HTTPFound(there)

        links = votable(
            [("x", there, "#this")], '<FIELD name="ID"/><FIELD name="access_url"/><FIELD name="semantics"/>'
        )
        archive.special["moved"] = redirect
        archive.files["links"] = links
        archive.files["href.vot"] = votable([(there, "", "", "", "")], FIELDS)
        form = FIELDS + '<FIELD name="access_format"/>'
        datalink = "application/x-votable+xml;content=datalink"
        row = (f"{archive.address}links", "", "", "", "", datalink)
        archive.files["datalink.vot"] = votable([row], form)
        for kind, path in (("http-file", "moved"), ("votable", "href.vot"), ("votable", "datalink.vot")):
            error = await outcome(kind, {"address": f"{archive.address}{path}"}, made)
            assert error is not None, path
            assert error.fault is Fault.DENIED, (path, error)
        assert trapped.connections == 0


async def test_ftp_data_comes_from_the_server_whatever_it_says(tmp_path: Path) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await _reader.readline():
            command = line.split()[0].upper()
            port = trapped.port
            answers = {
                b"USER": b"230 in\r\n",
                b"TYPE": b"200 ok\r\n",
                b"PASV": f"227 (127,0,0,1,{port // 256},{port % 256})\r\n".encode(),
                b"EPSV": f"229 (|||{port}|)\r\n".encode(),
            }
            writer.write(answers.get(command, b"500 no\r\n"))
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    async with trap() as trapped, context(tmp_path, "127.0.0.2/32") as made:
        server = await asyncio.start_server(serve, "127.0.0.2", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            error = await outcome("ftp", {"address": f"ftp://127.0.0.2:{port}/pub"}, made)
            assert error is not None
            await ended.wait()
        assert trapped.connections == 0

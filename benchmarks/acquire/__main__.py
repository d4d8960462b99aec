"""Fetching 10,000 small files from a local nginx, beside `wget` that fetches one after another.

``python -m benchmarks.acquire [--quick]``. The peer is one `wget` with one connection (``wget -i``), and one
`wget` a file as VO-CLOUD's downloads were; both also with a server that takes 20 ms for an answer, as one on
another continent does. Ours is the whole acquisition: list, fetch, hash, record each file, and read nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.acquire.listing import measure_list
from benchmarks.result import Result, print_result
from dashboard.auth.identity import OWNER
from dashboard.data.acquisition.acquisition import AcquisitionState, Choice
from dashboard.platform import Platform
from dashboard.settings import NodeSettings, Settings, SourceSettings

FILES, QUICK = 10_000, 500
ONE_BY_ONE = 300  # files of the peer that starts a process for each; the time is scaled
DELAY_S = 0.02
TARGET = 5.0


def free_port() -> int:
    """Return a port that is free."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Serve a folder; yield the port."""
    port, base = free_port(), folder.parent
    (base / "nginx.conf").write_text(
        f"daemon off; pid {base}/nginx.pid; error_log stderr; worker_processes 1; user root; events {{}} "
        f"http {{ access_log off; keepalive_requests 100000; server {{ listen 127.0.0.1:{port}; "
        f"location / {{ root {folder}; autoindex on; }} }} }}"
    )
    with subprocess.Popen(["nginx", "-c", str(base / "nginx.conf")], stderr=subprocess.DEVNULL) as running:
        time.sleep(1)
        try:
            yield port
        finally:
            running.terminate()


class Far:
    """Forwards connections to a port of this machine; each answer comes `DELAY_S` later."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        try:
            back, there = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_copy(reader, there, 0.0), _copy(back, writer, DELAY_S))
        except OSError:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    while block := await reader.read(1 << 16):
        if delay_s:
            await asyncio.sleep(delay_s)
        writer.write(block)
        await writer.drain()
    writer.close()


def settings_of(home: Path) -> Settings:
    """Return the settings of a platform that may fetch from this machine."""
    return Settings(
        home=home,
        sources=SourceSettings(networks=("127.0.0.1/32",)),
        nodes={"local": NodeSettings(kind="process")},
    )


async def ours(home: Path, port: int) -> tuple[float, int]:
    """Fetch everything; return the seconds, and how many files came."""
    platform = Platform(settings_of(home))
    await platform.start(supervise=False)
    try:
        service = platform.acquisitions
        given = {"name": "b", "kind": "http-index", "values": {"address": f"http://127.0.0.1:{port}/"}}
        source = await service.sources.create(given, OWNER)
        began = time.monotonic()
        made = await service.create(source.id, OWNER)
        await service.runner.ended(made.id)
        await service.begin(source.id, made.id, OWNER, choice=Choice())
        # Polled, as a page would: the time to the last record counts, not that of the index.
        while (found := await service.acquisitions.get(made.id)).state is AcquisitionState.FETCHING:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return time.monotonic() - began, found.fetched
    finally:
        await platform.stop()


async def run(*command: str) -> float:
    """Run a command and return its seconds."""
    began = time.monotonic()
    running = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    await running.wait()
    return time.monotonic() - began


async def compare(base: Path, names: list[str], port: int, title: str) -> None:
    """Measure ours and both peers on one server."""
    urls = [f"http://127.0.0.1:{port}/{name}" for name in names]
    (base / "list").write_text("\n".join(urls))
    seconds, fetched = await ours(base / f"home-{port}", port)
    print(f"{title}: ours {seconds:.1f} s, {fetched} files")
    together = await run("wget", "-q", "-P", str(base / f"wget-{port}"), "-i", str(base / "list"))
    print(f"{title}: wget -i {together:.1f} s")
    single = 0.0
    for url in urls[:ONE_BY_ONE]:
        single += await run("wget", "-q", "-P", str(base / f"single-{port}"), url)
    single *= len(urls) / min(len(urls), ONE_BY_ONE)
    print(f"{title}: a wget for each file {single:.1f} s")
    for peer, took in (("wget -i", together), ("a wget for each file", single)):
        ratio = took / seconds
        claim = f"{len(names)} files, {title}, beside {peer}"
        print_result(Result(claim, seconds, took, ratio, "s", f"≥ {TARGET:.0f}", ratio >= TARGET))


async def measure(count: int) -> None:
    """Measure both servers, and the memory."""
    base = Path(tempfile.mkdtemp(prefix="huggins-acquire-"))
    try:
        folder = base / "served"
        folder.mkdir()
        names = [f"s{number:05}.csv" for number in range(count)]
        for number, name in enumerate(names):
            (folder / name).write_text("wavelength,flux\n" + f"6500,{number}\n" * 100)
        with nginx(folder) as port:
            await compare(base, names, port, "server on this machine")
            server = await asyncio.start_server(Far(port).serve, "127.0.0.1", 0)
            async with server:
                await compare(base, names, server.sockets[0].getsockname()[1], "server 20 ms away")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    finally:
        shutil.rmtree(base, ignore_errors=True)


async def import_list(count: int) -> None:
    """Measure the import of a list of so many links."""
    base = Path(tempfile.mkdtemp(prefix="huggins-acquire-"))
    folder = base / "served"
    folder.mkdir()
    platform = Platform(settings_of(base / "home"))
    await platform.start(supervise=False)
    try:
        await measure_list(platform, folder, count, nginx(folder))
    finally:
        await platform.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--list", type=int, default=0, help="only import a list of so many links")
    given = parser.parse_args()
    if given.list:
        asyncio.run(import_list(given.list))
    else:
        asyncio.run(measure(QUICK if given.quick else given.files))

"""Real servers as sources: nginx, Python's http.server, an FTP server whose connection is cut."""

from __future__ import annotations

import contextlib
import importlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.identity import OWNER
from dashboard.data.acquisition.acquisition import Acquisition, RecordFilter
from dashboard.platform import Platform
from dashboard.settings import SourceSettings
from tests.conftest import unavailable
from tests.platform.acquisition.archive import spectrum
from tests.platform.world import World

NAMES = [
    "a b.csv",
    "it's.csv",
    "ü.csv",
    "100%.csv",
    "sub/c.csv",
    "sub/deeper/d.csv",
    "q?x=1.csv",
    "hash#1.csv",
]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    settings = SourceSettings(networks=("127.0.0.0/8",), retry_s=0.05, silence_s=5.0)
    world = World(tmp_path / "home", sections={"sources": settings})
    yield await world.platform()
    await world.close()


@pytest.fixture
def spectra(tmp_path: Path) -> Path:
    """Return a folder of spectra with names that servers escape, and a link that leads around."""
    folder = tmp_path / "served"
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(spectrum(number))
    (folder / "sub" / "loop").symlink_to(folder / "sub")
    return folder


def free_port() -> int:
    with contextlib.closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def until_up(port: int) -> None:
    deadline = time.monotonic() + 20
    while not answers(port):
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.02)


@contextlib.contextmanager
def process(*command: str, port: int) -> Iterator[None]:
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_up(port)
        yield
    finally:
        running.terminate()
        running.wait(10)


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[str]:
    if shutil.which("nginx") is None:
        unavailable("nginx")
    port, base = free_port(), folder.parent
    (base / "nginx.conf").write_text(
        f"""daemon off; pid {base}/nginx.pid; error_log stderr; user root;
        events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port};
        location / {{ root {folder}; autoindex on; charset utf-8; }} }} }}"""
    )
    with process("nginx", "-c", str(base / "nginx.conf"), port=port):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[str]:
    port = free_port()
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", str(folder))
    with process(*command, port=port):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def ftp() -> Any:
    """Return the module of the FTP server, whose package a machine may lack."""
    try:
        return importlib.import_module("tests.integration.sources.ftp_server")
    except ModuleNotFoundError:
        unavailable("pyftpdlib")


async def fetched(platform: Platform, kind: str, address: str, **more: object) -> Acquisition:
    given = {"name": kind, "kind": kind, "values": {"address": address}, **more}
    source = await platform.acquisitions.sources.create(given, OWNER)
    made = await platform.acquisitions.create(source.id, OWNER, auto=True)
    return await platform.acquisitions.runner.ended(made.id)


async def names_of(platform: Platform, done: Acquisition) -> set[str]:
    page = await platform.acquisitions.shown(done, RecordFilter(), 1, 200)
    return {one.name for one in page.items}


@pytest.mark.parametrize("serve", [nginx, http_server], ids=["nginx", "http.server"])
async def test_folders_of_web_servers_are_walked_and_loops_end(
    platform: Platform, spectra: Path, serve: object
) -> None:
    with serve(spectra) as address:  # type: ignore[operator]
        done = await fetched(platform, "http-index", address)
    assert (done.state, done.failed) == ("completed", 0), done
    names = await names_of(platform, done)
    assert set(NAMES) <= names
    assert all("loop/" in name for name in names - set(NAMES))
    assert (await platform.data.get(done.dataset or "")).rejected == 0


async def test_a_transfer_of_ftp_that_is_cut_goes_on_and_a_wrong_address_is_not_believed(
    platform: Platform, spectra: Path, ftp: Any
) -> None:
    (spectra / "large.csv").write_bytes(spectrum(points=60_000))
    with ftp.serving(spectra) as address:
        done = await fetched(platform, "ftp", address, user="anna", password="secret")
        wrong = await fetched(platform, "ftp", address, user="anna", password="wrong")
    assert (done.state, done.failed) == ("completed", 0), done
    assert ftp.CutOnce.cuts == 1
    stored = platform.data.folder / str(done.dataset) / "files" / "large.csv"
    assert stored.read_bytes() == spectrum(points=60_000)
    assert set(NAMES) <= await names_of(platform, done)
    assert (wrong.state, wrong.fault) == ("error", "credentials")

"""What a process that reads files of others can reach; each question is asked in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spectra.isolation import landlock
from spectra.isolation.reader import call_isolated, code_paths

CLOSED = """
import sys
from spectra.isolation.reader import close_network
isolation = close_network()
"""
NETWORK = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', {port}), 5)",
    "C": "import _socket; s = _socket.socket(2, 1, 0); s.connect(('127.0.0.1', {port}))",
    "names": "import socket; socket.getaddrinfo('localhost', {port})",
    "urllib": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=5)",
    "file": "import urllib.request; urllib.request.urlopen('file:///etc/passwd')",
    "astropy": "from astropy.utils.data import download_file; download_file('http://127.0.0.1:{port}/')",
    "astropy opens": (
        "from astropy.utils.data import get_readable_fileobj\\n"
        "with get_readable_fileobj('http://127.0.0.1:{port}/') as file: file.read()"
    ),
    "a program": "import subprocess; subprocess.run(['true'])",
    "system": "import os; os.system('true')",
}


def _python(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("way", NETWORK)
def test_no_way_of_python_leads_out(way: str, port: int) -> None:
    ended = _python(CLOSED + NETWORK[way].replace("{port}", str(port)).replace("\\n", "\n"))
    assert ended.returncode == 1
    assert "PermissionError" in ended.stderr or "URLError" in ended.stderr or "no internet" in ended.stderr


def test_the_kernel_denies_sockets_to_code_in_c() -> None:
    text = """
if not isolation.network:
    sys.exit(77)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for family in (1, 2, 10, 16):
    assert libc.socket(family, 1, 0) == -1 and ctypes.get_errno() == 13, family
assert libc.syscall(425, 1, None) == -1 and ctypes.get_errno() == 13, "io_uring"
import socket
one, other = socket.socketpair()
one.sendall(b"x")
assert other.recv(1) == b"x"
"""
    ended = _python(CLOSED + text)
    if ended.returncode == 77:
        pytest.skip("this kernel has no seccomp")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text("of the input")
    (tmp_path / "secret.txt").write_text("of somebody else")
    (tmp_path / "out").mkdir()
    return tmp_path


def test_a_call_reads_its_input_and_nothing_else(folder: Path) -> None:
    assert call_isolated((folder / "input/a.txt").read_text, reads=[folder / "input"]) == "of the input"
    for path in (folder / "secret.txt", Path("/etc/passwd"), Path("/proc/self/environ"), Path.home()):
        with pytest.raises(PermissionError):
            call_isolated(lambda path=path: next(path.iterdir()) if path.is_dir() else path.read_bytes())
    (folder / "input" / "link").symlink_to(folder / "secret.txt")
    with pytest.raises(PermissionError):
        call_isolated((folder / "input" / "link").read_text, reads=[folder / "input"])


def test_a_call_writes_where_it_may_and_nowhere_else(folder: Path) -> None:
    call_isolated((folder / "out" / "b.txt").write_text, "made", writes=[folder / "out"])
    assert (folder / "out" / "b.txt").read_text() == "made"
    for path in (folder / "input" / "a.txt", folder / "input" / "new.txt", folder / "secret.txt"):
        with pytest.raises(PermissionError):
            call_isolated(path.write_text, "x", reads=[folder / "input"], writes=[folder / "out"])
    with pytest.raises(PermissionError):
        call_isolated((folder / "secret.txt").rename, folder / "out" / "c.txt", writes=[folder / "out"])


def test_a_call_starts_no_program_and_restricts_only_itself(folder: Path) -> None:
    with pytest.raises(PermissionError):
        call_isolated(lambda: subprocess.run(["/bin/true"], check=True))
    assert (folder / "secret.txt").read_text() == "of somebody else"


def test_what_a_call_raises_is_raised(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        call_isolated(lambda: 1 // 0)
    assert call_isolated(divmod, 7, 2) == (3, 1)


def test_packages_are_code_whatever_their_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "installed" / "numpy-2.1.0.dist-info").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "installed"), str(tmp_path / "work"), *sys.path])
    assert tmp_path / "installed" in code_paths()
    assert not {Path(), tmp_path / "work"} & set(code_paths())

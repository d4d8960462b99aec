"""What a hostile file would make a reading process do; what each way reached, or how it failed."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path


def reached(port: int, secret: str, own: str) -> dict[str, str]:
    """Try every way out; return what came of each."""
    ways = {
        "own input": lambda: Path(own).read_text(),
        "temporary file": lambda: str(tempfile.TemporaryFile().write(b"x")),  # noqa: SIM115 - ends with the process
        "another file": lambda: Path(secret).read_text(),
        "another folder": lambda: str(list(Path(secret).parent.iterdir())),
        "passwords": lambda: Path("/etc/passwd").read_text(),
        "environment": lambda: Path("/proc/self/environ").read_text(),
        "home": lambda: str(list(Path.home().iterdir())),
        "write beside": lambda: str(Path(secret).with_name("new").write_text("x")),
        "connect": lambda: str(socket.create_connection(("127.0.0.1", port), 5)),
        "socket in C": lambda: _c_socket(port),
        "http": lambda: str(urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()),
        "file address": lambda: str(urllib.request.urlopen(f"file://{secret}").read()),
        "program": lambda: subprocess.run(["cat", secret], capture_output=True, check=True, text=True).stdout,
    }
    found = {}
    for name, way in ways.items():
        try:
            found[name] = f"REACHED {way()!r}"
        except Exception as error:  # noqa: BLE001 - what it was is the answer
            found[name] = f"{type(error).__name__}: {error}"
    return found


def _c_socket(port: int) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    made = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    if made < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return f"descriptor {made}, for port {port}"

"""Start a worker process: a fresh interpreter (never a fork, so that CUDA works) at the end of a socket."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import dataclass

from deepaas_plugins.serve.options import Options

#: Bytes of a batch that a socket should take at once; the kernel gives what it allows.
SEND_BUFFER = 4 * 2**20


@dataclass(frozen=True)
class Spawned:
    """A started worker process and our end of its socket."""

    process: subprocess.Popen[bytes]
    socket: socket.socket


def spawn(module: str, options: Options) -> Spawned:
    """Start a worker of a module; it says ``ready`` over the socket when it is."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    with theirs:
        program = [sys.executable, "-m", "deepaas_plugins.serve.worker.process"]
        command = [*program, module, str(theirs.fileno()), str(options.maximum_points)]
        if not options.warm:
            command.append("--nowarm")
        process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
    return Spawned(process, ours)

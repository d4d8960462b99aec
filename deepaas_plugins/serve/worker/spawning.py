"""Start a worker process: a fresh interpreter (never a fork, so that CUDA works) at the end of a socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deepaas_plugins.pipeline.machine_memory import machine_memory
from deepaas_plugins.serve.options import Options, spectra_for

#: Bytes of a batch that a socket should take at once; the kernel gives what it allows.
SEND_BUFFER = 4 * 2**20


#: Beginning of the name of a folder of uploads; the number of the server's process follows.
SPOOL_PREFIX = "huggins-spool-"


def new_spool() -> Path:
    """Make the folder of a server's uploads: workers must know it when they start."""
    return Path(tempfile.mkdtemp(prefix=f"{SPOOL_PREFIX}{os.getpid()}-"))


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
        command += [str(options.read_timeout), str(options.spool)]
        command.append(f"--spectra={spectra_for(options, machine_memory())}")
        if options.debug:
            command.append("--debug")
        if options.isolate:
            command.append("--isolate")
        if not options.warm:
            command.append("--nowarm")
        process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
    return Spawned(process, ours)

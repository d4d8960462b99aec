"""What surrounds a command: its environment variables and its port."""

from __future__ import annotations

import math
import os

from launchers.spec import PORT, LaunchSpec

#: What a command may know of the platform's environment: none of its secrets.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "SSL_CERT_FILE",
    "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES",
)  # fmt: skip


def environment(spec: LaunchSpec) -> dict[str, str]:
    """Return what is set for every command unless the specification says otherwise.

    Numerical libraries would start a thread per processor of the node, not per processor granted.
    """
    threads = str(max(1, math.ceil(spec.cpus)))
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {**dict.fromkeys(names, threads), "PYTHONUNBUFFERED": "1", **spec.env}


def inherited() -> dict[str, str]:
    """Return the part of the platform's environment that commands of this machine get."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def with_port(command: tuple[str, ...], port: int | None) -> list[str]:
    """Put the port where the command wants it."""
    return [argument.replace(PORT, str(port)) for argument in command] if port is not None else [*command]

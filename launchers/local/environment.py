"""The environment variables and the port of a command."""

from __future__ import annotations

import math
import os

from launchers.spec import HOST, PORT, LaunchSpec

#: Variables of the platform's environment that commands inherit; none holds a secret.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "SSL_CERT_FILE",
    "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES",
)  # fmt: skip


def environment(spec: LaunchSpec) -> dict[str, str]:
    """Return the environment of a command: defaults, then the variables of the specification.

    Without limits, numerical libraries start a thread per processor of the node, not per granted processor.
    """
    threads = str(max(1, math.ceil(spec.cpus)))
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {**dict.fromkeys(names, threads), "PYTHONUNBUFFERED": "1", **spec.env}


def inherited() -> dict[str, str]:
    """Return the part of the platform's environment that commands inherit."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


LOOPBACK = "127.0.0.1"
"""What a command listens on where it shares the network of the machine."""


def with_address(command: tuple[str, ...], port: int | None, host: str = LOOPBACK) -> list[str]:
    """Return the command with its placeholders replaced.

    Parameters
    ----------
    command
        Of the specification.
    port, host
        Where it listens; no placeholder is replaced without a port.
    """
    if port is None:
        return [*command]
    return [argument.replace(PORT, str(port)).replace(HOST, host) for argument in command]

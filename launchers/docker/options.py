"""Options of the Docker launcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from launchers.options import GpuOptions, SshOptions, option


@dataclass(frozen=True)
class DockerOptions(GpuOptions, SshOptions):
    """Where the engine is, and the files that open it."""

    schemes: ClassVar[tuple[str, ...]] = ("ssh", "tcp", "unix")

    tls_ca: str = option(
        "",
        "TLS authority",
        "File of its certificate (tcp://).",
        "Docker over `tcp://`: file of the certificate of the authority that signed the engine's",
        file=True,
        required_for="tcp",
    )
    tls_cert: str = option(
        "",
        "TLS certificate",
        "File of the platform's certificate.",
        "Docker over `tcp://`: file of the platform's certificate",
        file=True,
        required_for="tcp",
    )
    tls_key: str = option(
        "",
        "TLS key",
        "File of the platform's key, never its content.",
        "Docker over `tcp://`: file of the platform's key. Mode 0600",
        file=True,
        secret=True,
        required_for="tcp",
    )

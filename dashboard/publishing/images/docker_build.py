"""One call of ``docker build`` through BuildKit.

The command is used and not the SDK, because only the command speaks BuildKit, and BuildKit alone can lend a
file (here: a certificate bundle) to a build step without leaving it in the image.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

#: Where Debian and its kin keep certificates that the machine's owner added, and the bundle made of all.
_ADDED_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")

#: Variables by which this machine's Python tools are told of another bundle, in the order of precedence.
_BUNDLE_VARIABLES = ("HUGGINS_CA_BUNDLE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")

#: From this version on the client has no BuildKit of its own and needs the ``buildx`` plugin.
_FIRST_WITH_PLUGIN = 23


class BuildFailed(RuntimeError):
    """The build could not be run or ended with an error; the message carries the end of its output."""


#: Seconds after which a build is ended, and how much of its output is kept (bytes).
BUILD_LIMIT_S = 3600.0
LOG_LIMIT = 4 * 2**20


@dataclass(frozen=True)
class Build:
    """The specification of a build.

    Attributes
    ----------
    dockerfile : str
        Path of the Dockerfile inside the context.
    write_context : callable
        Writes the context, a tar archive, to the stream that it is given.
    tags : sequence of str
        Names that the image gets.
    arguments, labels : mapping
        Build arguments and OCI labels.
    """

    dockerfile: str
    write_context: Callable[[IO[bytes]], None]
    tags: Sequence[str]
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def ca_bundle(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the certificate bundle that builds need on this machine, or None where the usual one suffices.

    A network that re-signs TLS is known by what its users had to set: a variable, or added certificates.
    """
    for variable in _BUNDLE_VARIABLES:
        if path := environment.get(variable):
            return Path(path)
    if _SYSTEM_BUNDLE.exists() and any(_ADDED_CERTIFICATES.glob("*.crt")):
        return _SYSTEM_BUNDLE
    return None


@cache
def docker_with_buildkit() -> str:
    """Find a ``docker`` command on the path that can run BuildKit: one with ``buildx``, or one older than 23.

    Raises
    ------
    BuildFailed
        If there is none.
    """
    for folder in os.get_exec_path():
        command = shutil.which("docker", path=folder)
        if command and (_answer(command, "buildx", "version") or _is_old(command)):
            return command
    raise BuildFailed("no docker command on the path has BuildKit: install docker-buildx")


def build(wanted: Build, *, network: str | None = None) -> str:
    """Build an image and return its id (``sha256:…``); see `build_with_log`."""
    return build_with_log(wanted, network=network)[0]


def build_with_log(
    wanted: Build, *, network: str | None = None, limit_s: float = BUILD_LIMIT_S
) -> tuple[str, str]:
    """Build an image and return its id (``sha256:…``) and the output of the build.

    Parameters
    ----------
    wanted : Build
        What to build.
    network : str, optional
        Network of the build steps, ``host`` where the engine's own network reaches no package index.
    limit_s : float
        Seconds after which it is ended.

    Raises
    ------
    BuildFailed
        If the build fails.
    """
    with tempfile.TemporaryFile() as context, tempfile.TemporaryDirectory() as folder:
        identity = Path(folder) / "image-id"
        wanted.write_context(context)
        context.seek(0)
        command = build_command(docker_with_buildkit(), wanted, ca_bundle(), network)
        try:
            finished = subprocess.run(
                [*command, "--iidfile", str(identity), "-"],
                stdin=context,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "DOCKER_BUILDKIT": "1"},
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BuildFailed(f"it did not end within {limit_s:g} s") from error
        output = finished.stdout[-LOG_LIMIT:].decode(errors="replace")
        if finished.returncode != 0:
            raise BuildFailed(_ending(output, lines=40))
        return identity.read_text(encoding="utf-8").strip(), output


def build_command(docker: str, wanted: Build, bundle: Path | None, network: str | None) -> list[str]:
    """Return the command line of an image build, without its context.

    Parameters
    ----------
    docker : str
        Path of the ``docker`` command.
    wanted : Build
        What to build: Dockerfile, tags, arguments, labels.
    bundle : Path or None
        File of certificate authorities that the build may use as a secret, or None.
    network : str or None
        Docker's network of the build, or None for its default.

    Returns
    -------
    list of str
        Program and arguments.
    """
    command = [docker, "build", "--progress", "plain", "--file", wanted.dockerfile]
    for tag in wanted.tags:
        command += ["--tag", tag]
    for name, value in wanted.arguments.items():
        command += ["--build-arg", f"{name}={value}"]
    for name, value in wanted.labels.items():
        command += ["--label", f"{name}={value}"]
    if bundle is not None:
        command += ["--secret", f"id=ca,src={bundle}"]
    if network is not None:
        command += ["--network", network]
    return command


def _is_old(command: str) -> bool:
    major = re.search(r"version (\d+)\.", _answer(command, "--version"))
    return major is not None and int(major[1]) < _FIRST_WITH_PLUGIN


def _answer(*command: str) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return finished.stdout if finished.returncode == 0 else ""


def _ending(text: str, lines: int) -> str:
    return "\n".join(text.splitlines()[-lines:])

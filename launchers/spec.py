"""The specification of a launch: a closed set of fields, never raw flags of an engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Self

#: A DNS label, which is a valid name for docker, udocker, Slurm and a folder.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Placeholder in a command for the port that the launcher chooses.
PORT = "{port}"

#: Placeholder in a command for the address that it listens on: all in a network of its own, else loopback.
HOST = "{host}"

#: Set for a command that is run in parts: its part, from 0, or `JOIN`; and how many there are.
PART, PARTS, JOIN = "HUGGINS_PART", "HUGGINS_PARTS", "join"

#: The most parts: Slurm's own limit is about that (``MaxArraySize``), and each costs a start of the image.
MOST_PARTS = 1000

SCHEMA = 1


@dataclass(frozen=True)
class Mount:
    """A file or folder of the node that a container has at an absolute path.

    Attributes
    ----------
    source : Path
        Absolute path on the node.
    target : str
        Absolute path inside.
    read_only : bool
        Whether the container cannot write to it.
    """

    source: Path
    target: str
    read_only: bool = True

    def __post_init__(self) -> None:
        if not self.source.is_absolute():
            raise ValueError(f"mount source {self.source} is not an absolute path")
        _check_inside(self.target, "mount target")
        if ":" in str(self.source) or ":" in self.target:
            raise ValueError(f"mount {self.source} at {self.target}: a path with ':' cannot be mounted")


@dataclass(frozen=True)
class LaunchSpec:
    """What to start, with its resources and mounts.

    Attributes
    ----------
    name : str
        Id of the attempt or the replica, unique on the node; see `NAME`.
    image : str
        By digest (``name@sha256:…``) or by local id (``sha256:…``), as `Launcher.prepare` returns it.
        The `process` launcher only records it.
    command : tuple of str
        Replaces the image's entry point and command. May hold ``{host}`` and ``{port}``.
    mounts : tuple of Mount
        Files and folders of the node that the container has.
    workdir : str
        Working directory inside.
    env : mapping of str to str
        Environment variables; the platform's own environment is not passed on.
    cpus : float
        Processors.
    memory_mb : int
        Memory limit in MB (2**20 bytes); a command that exceeds it is killed.
    gpus : int
        Graphics processors.
    walltime_s : int, optional
        Seconds after which it is killed.
    port : bool
        Serve HTTP on a port that the launcher chooses; the address is in the handle.
    network : bool
        Whether it may open connections to the outside.
    owner : str
        Identifier of the owning platform, for `Launcher.list`.
    parts : int
        Number of parallel runs, each with `PART` and `PARTS` in its environment, before a last one with
        `JOIN`. A launcher without job arrays runs the command once, without these variables.
    unchanged_image : bool
        Whether the image is somebody else's and runs as it was made: with its own user, working folder and
        home, and a root that it can write to, which goes with the container. Only ``docker`` does that; the
        others run it as any image.

    Raises
    ------
    ValueError
        From the constructor, naming the invalid field.
    """

    name: str
    image: str
    command: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    workdir: str = "/job"
    env: Mapping[str, str] = field(default_factory=dict)
    cpus: float = 1
    memory_mb: int = 2048
    gpus: int = 0
    walltime_s: int | None = None
    port: bool = False
    network: bool = False
    owner: str = ""
    parts: int = 1
    unchanged_image: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "env", dict(self.env))
        if not NAME.fullmatch(self.name):
            raise ValueError(
                f"name {self.name!r} is not 1 to 63 of a-z, 0-9 and '-', starting with a letter or digit"
            )
        if not self.command or not self.command[0]:
            raise ValueError("command is empty")
        _check_inside(self.workdir, "workdir")
        for key in self.env:
            if not _VARIABLE.fullmatch(key):
                raise ValueError(f"{key!r} cannot be the name of an environment variable")
        if any("\0" in text for text in (self.image, *self.command, *self.env.values())):
            raise ValueError("a command, image or environment value holds a NUL character")
        targets = [mount.target for mount in self.mounts]
        if len(set(targets)) < len(targets):
            raise ValueError("two mounts have the same target")
        self._check_resources()

    def _check_resources(self) -> None:
        if not self.cpus > 0:  # also not NaN
            raise ValueError(f"cpus is {self.cpus}, must be more than 0")
        if self.memory_mb < 16:
            raise ValueError(f"memory_mb is {self.memory_mb}, must be at least 16")
        if self.gpus < 0:
            raise ValueError(f"gpus is {self.gpus}, must not be negative")
        if not 1 <= self.parts <= MOST_PARTS:
            raise ValueError(f"parts is {self.parts}, must be 1 to {MOST_PARTS}")
        if self.walltime_s is not None and self.walltime_s <= 0:
            raise ValueError(f"walltime_s is {self.walltime_s}, must be more than 0")

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        mounts = [{**asdict(mount), "source": str(mount.source)} for mount in self.mounts]
        return {
            "schema": SCHEMA,
            **values,
            "command": [*self.command],
            "env": dict(self.env),
            "mounts": mounts,
        }

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make the specification that `to_json` described.

        Raises
        ------
        ValueError
            If a field is missing, unknown, or makes no sense.
        """
        values = fields_of(obj, "launch specification")
        try:
            values["mounts"] = tuple(
                Mount(Path(mount["source"]), mount["target"], bool(mount["read_only"]))
                for mount in values["mounts"]
            )
            values["command"] = tuple(values["command"])
            return cls(**values)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"launch specification: {error}") from error


def _check_inside(path: str, what: str) -> None:
    if not path.startswith("/") or path != str(PurePosixPath(path)) or ".." in PurePosixPath(path).parts:
        raise ValueError(f"{what} {path!r} is not an absolute path without '..' and '.'")
    if "\0" in path:
        raise ValueError(f"{what} holds a NUL character")


def fields_of(obj: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return the fields of an object without its schema number.

    Parameters
    ----------
    obj : mapping
        The JSON object.
    what : str
        What it describes, for the error.

    Returns
    -------
    dict
        Field to value.

    Raises
    ------
    ValueError
        If the schema number is another than `SCHEMA`.
    """
    values = dict(obj)
    if (schema := values.pop("schema", None)) != SCHEMA:
        raise ValueError(f"{what}: schema {schema!r} is not known here (this is {SCHEMA})")
    return values

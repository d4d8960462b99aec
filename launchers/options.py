"""What can be set of a launcher: fields of frozen dataclasses that describe themselves.

Each kind of launcher owns one such dataclass (``docker.options``, ``udocker.options``, ``slurm.options`` …),
composed of the parts here and in ``remote.options``; `launchers.registry.KINDS` lists them. The sections of
``huggins.toml``, the environment, the form of a node and docs/settings.md are derived from them. The standard
library only.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

_KEY = "option"

BASIC, ADVANCED = "basic", "advanced"


@dataclass(frozen=True)
class Option:
    """The description of one key.

    Attributes
    ----------
    title : str
        Its name on a form.
    help : str
        One line beside the field of a form.
    text : str
        Its description in docs/settings.md.
    unit : str
        Unit of its value; empty: it has none.
    group : str
        `BASIC` or `ADVANCED`; None: it is not on the form.
    choices : tuple of str
        What it may be; empty: anything of its type.
    file : bool
        It names a file of the platform's machine, whose content is secret or trusted and is never sent.
    secret : bool
        The content of that file is secret: no other user may read it.
    required_for : str
        Scheme of `url` for which it must be set.
    """

    title: str
    help: str
    text: str
    unit: str = ""
    group: str | None = ADVANCED
    choices: tuple[str, ...] = ()
    file: bool = False
    secret: bool = False
    required_for: str = ""


def option(default: Any, title: str, help_: str, text: str = "", **more: Any) -> Any:
    """Return a dataclass field with a description.

    Parameters
    ----------
    default : object
        The key's default; it decides its type.
    title, help_ : str
        See `Option`.
    text : str
        See `Option`; by default `help_`.
    **more
        The other attributes of `Option`.
    """
    return field(default=default, metadata={_KEY: Option(title, help_, text or help_.rstrip("."), **more)})


def options_of(kind: type[Any]) -> dict[str, Option]:
    """Return the described keys of a dataclass, by name."""
    return {entry.name: entry.metadata[_KEY] for entry in fields(kind) if _KEY in entry.metadata}


def nearest(key: str, known: Iterable[str]) -> str:
    """Return what to say of an unknown key: the nearest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(key, known, 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known) or 'none'}"


@dataclass(frozen=True)
class LauncherOptions:
    """The options of a launcher that has none; base of all others."""

    #: Schemes of an address (``url``); empty: it runs on this machine only.
    schemes: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class GpuOptions(LauncherOptions):
    """Of launchers that decide which graphics processor a launch gets."""

    gpus: int = option(
        0,
        "GPUs",
        "That jobs may hold; 0: as many as it says it has.",
        "GPUs that jobs may hold; 0: all that the node has; a Docker engine does not tell how many it has, "
        "so say it here",
        group=BASIC,
    )


@dataclass(frozen=True)
class SshOptions(LauncherOptions):
    """Of launchers whose machine may be reached over SSH."""

    schemes: ClassVar[tuple[str, ...]] = ("ssh",)

    url: str = option(
        "",
        "Address",
        "Empty: this machine. ssh://user@host, or tcp://host:2376 (TLS).",
        "Address, where it is not on this machine: `ssh://USER@HOST:PORT` (`docker`: with `/PATH` of the "
        "engine's socket where that is not `/var/run/docker.sock`; `slurm`: of the login node) or, `docker` "
        "only, `tcp://HOST:PORT` with TLS",
        group=BASIC,
    )
    ssh_key: str = option(
        "",
        "SSH key",
        "File on the platform's machine, never its content.",
        "For `ssh://`: file of the private key; empty: the keys and the agent of the platform's user. "
        "Mode 0600",
        file=True,
        secret=True,
    )
    known_hosts: str = option(
        "",
        "Known hosts",
        "File; empty: ~/.ssh/known_hosts.",
        "For `ssh://`: file of the hosts' keys; empty: `~/.ssh/known_hosts`. An unknown host is rejected",
        file=True,
    )

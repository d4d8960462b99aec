"""The kinds of launchers, and which of them this machine can use."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from launchers.base import Launcher, LaunchError

#: Kind to module and class; imported when asked for, so that no kind needs another one's packages.
KINDS: Mapping[str, tuple[str, str]] = {
    "process": ("launchers.local.launcher", "ProcessLauncher"),
    "docker": ("launchers.docker.launcher", "DockerLauncher"),
    "udocker": ("launchers.udocker.launcher", "UdockerLauncher"),
    "slurm": ("launchers.slurm.launcher", "SlurmLauncher"),
    "fake": ("launchers.fake", "FakeLauncher"),
}

#: Kinds with another class for another host: taken where a ``url`` is set.
ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "udocker": ("launchers.udocker.remote", "RemoteUdockerLauncher"),
}

#: Best first: real isolation, then the same image without it, then no image at all.
PREFERENCE = ("docker", "udocker", "process")


@dataclass(frozen=True)
class Choice:
    """The launcher that this machine can use best.

    Attributes
    ----------
    launcher : Launcher
        Ready to use.
    reason : str
        One sentence for a person: which one, and why not a better one.
    refusals : mapping of str to str
        Each better kind and why it cannot be used here.
    """

    launcher: Launcher
    reason: str
    refusals: Mapping[str, str]


def create(kind: str, **settings: Any) -> Launcher:
    """Make a launcher.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    **settings
        Of that kind: ``state`` (Path; all but fake), ``url`` (docker, udocker, slurm), ``node`` (fake) …

    Raises
    ------
    LaunchError
        If the kind is unknown, a setting of it is, or the package that it needs is not installed.
    """
    if kind not in KINDS:
        raise LaunchError(kind, f"there is no such launcher; there are {', '.join(KINDS)}")
    module, name = (ELSEWHERE if settings.get("url") else KINDS).get(kind, KINDS[kind])
    try:
        return cast("Launcher", getattr(importlib.import_module(module), name)(**settings))
    except ImportError as error:
        raise LaunchError(kind, f"a package that it needs is not installed ({error.name})") from error
    except TypeError as error:
        raise LaunchError(kind, f"its settings are wrong: {error}") from error


async def choose(state: Path, preference: Sequence[str] = PREFERENCE, *, gpus: int = 0) -> Choice:
    """Find the first kind that works here.

    Parameters
    ----------
    state : Path
        Folder for what launchers must remember; each kind has its own folder below it.
    preference : sequence of str
        Kinds, best first.
    gpus : int
        Graphics processors that may be given to launches; 0: see each kind.

    Raises
    ------
    LaunchError
        If none works; the reason names every refusal.
    """
    refusals: dict[str, str] = {}
    for kind in preference:
        try:
            launcher = create(kind, state=state / kind, gpus=gpus)
        except LaunchError as error:
            refusals[kind] = error.reason
            continue
        health = await launcher.probe()
        if health.ok:
            return Choice(launcher, _sentence(kind, refusals), refusals)
        refusals[kind] = health.reason
        await launcher.close()
    raise LaunchError("choose", _sentence("nothing", refusals))


def _sentence(kind: str, refusals: Mapping[str, str]) -> str:
    refused = "; ".join(f"not {other}: {reason}" for other, reason in refusals.items())
    return f"{kind} is used here ({refused})" if refused else f"{kind} is used here"

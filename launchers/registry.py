"""The kinds of launchers with their options, and which of them this machine can use."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from launchers.base import Launcher, LaunchError
from launchers.docker.options import DockerOptions
from launchers.options import GpuOptions, LauncherOptions, nearest
from launchers.slurm.options import SlurmOptions
from launchers.udocker.options import UdockerOptions


@dataclass(frozen=True)
class Kind:
    """A kind of launchers.

    Attributes
    ----------
    path : str
        ``module:Class``, imported when asked for, so that no kind needs another one's packages.
    options : type
        The dataclass of what can be set of it.
    elsewhere : str
        Another class for another host: taken where ``url`` is set; empty: `path`.
    """

    path: str
    options: type[LauncherOptions]
    elsewhere: str = ""


KINDS: Mapping[str, Kind] = {
    "process": Kind("launchers.local.launcher:ProcessLauncher", GpuOptions),
    "docker": Kind("launchers.docker.launcher:DockerLauncher", DockerOptions),
    "udocker": Kind(
        "launchers.udocker.launcher:UdockerLauncher",
        UdockerOptions,
        "launchers.udocker.remote:RemoteUdockerLauncher",
    ),
    "slurm": Kind("launchers.slurm.launcher:SlurmLauncher", SlurmOptions),
    "fake": Kind("launchers.fake:FakeLauncher", LauncherOptions),
}

#: Kinds that an administrator may choose.
REAL = tuple(kind for kind in KINDS if kind != "fake")

#: Best first: real isolation, then the same image without it, then no image at all.
PREFERENCE = ("docker", "udocker", "process")


@dataclass(frozen=True)
class Choice:
    """The preferred launcher among those that work on this machine.

    Attributes
    ----------
    launcher : Launcher
        The launcher, after a successful probe.
    reason : str
        One sentence for a person: which one, and why not a better one.
    rejections : mapping of str to str
        Each better kind and why it cannot be used here.
    """

    launcher: Launcher
    reason: str
    rejections: Mapping[str, str]


def create(kind: str, state: Path | None = None, **options: Any) -> Launcher:
    """Make a launcher.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    state : Path, optional
        A folder of this machine that is this launcher's alone; all kinds but ``fake``, and ``docker`` on this
        machine, need one.
    **options
        Fields of the kind's options.

    Raises
    ------
    LaunchError
        If the kind or an option is unknown (the nearest is named), or if the package that it needs is not
        installed.
    """
    if kind not in KINDS:
        raise LaunchError(kind, f"there is no such launcher; there are {', '.join(KINDS)}")
    known = [entry.name for entry in fields(KINDS[kind].options)]
    for key in options:
        if key not in known:
            raise LaunchError(kind, f"it has no option {key!r}{nearest(key, known)}")
    described = KINDS[kind].options(**options)
    path = KINDS[kind].elsewhere if getattr(described, "url", "") else ""
    module, _, name = (path or KINDS[kind].path).partition(":")
    try:
        launcher = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise LaunchError(kind, f"a package that it needs is not installed ({error.name})") from error
    return cast("Launcher", launcher() if kind == "fake" else launcher(state, described))


async def choose(state: Path, preference: Sequence[str] = PREFERENCE, *, gpus: int = 0) -> Choice:
    """Return a launcher of the first kind that works on this machine.

    Parameters
    ----------
    state : Path
        Folder for the state of launchers; each kind has its own folder below it.
    preference : sequence of str
        Kinds, best first.
    gpus : int
        GPUs that may be given to launches; 0: as many as the machine reports.

    Raises
    ------
    LaunchError
        If none works; the reason says why, by kind.
    """
    rejections: dict[str, str] = {}
    for kind in preference:
        try:
            launcher = create(kind, state / kind, gpus=gpus)
        except LaunchError as error:
            rejections[kind] = error.reason
            continue
        health = await launcher.probe()
        if health.ok:
            return Choice(launcher, _sentence(kind, rejections), rejections)
        rejections[kind] = health.reason
        await launcher.close()
    raise LaunchError("choose", _sentence("nothing", rejections))


def _sentence(kind: str, rejections: Mapping[str, str]) -> str:
    rejected = "; ".join(f"not {other}: {reason}" for other, reason in rejections.items())
    return f"{kind} is used here ({rejected})" if rejected else f"{kind} is used here"

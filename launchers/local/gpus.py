"""NVIDIA GPUs of this machine: their number, their driver and their assignment."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from launchers.base import LaunchError

#: Where the driver lists GPUs.
DRIVER = Path("/proc/driver/nvidia")

#: The variable that names the GPUs of a program.
VARIABLE = "CUDA_VISIBLE_DEVICES"


def usable(limit: int = 0) -> list[str]:
    """Return the numbers of the GPUs that the platform may assign.

    Parameters
    ----------
    limit : int
        How many there are by the settings; 0: what the driver says. Where this process has been given some
        (`VARIABLE`), it gives away no others.
    """
    if VARIABLE in os.environ:
        given = [number for number in os.environ[VARIABLE].split(",") if number]
        return given[:limit] if limit else given
    return [str(number) for number in range(limit or len([*(DRIVER / "gpus").glob("*")]))]


def driver() -> str:
    """Return the driver's version in its own words; empty: there is none."""
    try:
        return (DRIVER / "version").read_text(encoding="utf-8", errors="replace").splitlines()[0].strip()
    except (OSError, IndexError):
        return ""


def choose(kind: str, count: int, all_of_them: Sequence[str], taken: Collection[str]) -> tuple[str, ...]:
    """Return the numbers of GPUs that no launch has.

    Parameters
    ----------
    kind : str
        Kind of the launcher, for the error.
    count : int
        How many are asked for.
    all_of_them : sequence of str
        Numbers of all GPUs of the node.
    taken : collection of str
        Numbers of those that launches have.

    Returns
    -------
    tuple of str
        `count` numbers, in the node's order.

    Raises
    ------
    LaunchError
        If fewer are free.
    """
    free = [number for number in all_of_them if number not in taken]
    if len(free) < count:
        has = f"{len(free)} of this node's {len(all_of_them)} are free"
        raise LaunchError(kind, f"{count} graphics processors are asked for, and {has}")
    return tuple(free[:count])

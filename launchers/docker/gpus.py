"""Which graphics processors of an engine's host a container gets, so that two containers share none.

The engine keeps no account of them, and would give everybody the first. So the containers themselves are the
account: each carries the numbers of its own in a label.
"""

from __future__ import annotations

from typing import Any

from launchers.docker.connection import KIND
from launchers.docker.container import LABEL
from launchers.local import gpus

#: States in which a container holds its processors, or soon will.
HOLDING = ["created", "running", "paused", "restarting"]

#: What an engine says that cannot give any.
NO_DRIVER = "could not select device driver"


def choose(client: Any, count: int, has: int) -> tuple[str, ...]:
    """Return the numbers of processors that no container holds.

    Parameters
    ----------
    has : int
        How many the host has.

    Raises
    ------
    LaunchError
        If fewer are free.
    """
    taken = {number for numbers in _holders(client).values() for number in numbers}
    return gpus.choose(KIND, count, [str(number) for number in range(has)], taken)


def lost(client: Any, identifier: str) -> bool:
    """Tell whether another container, made at the same time, has one of the same processors and was first."""
    holders = _holders(client)
    mine = next((numbers for (_, holder), numbers in holders.items() if holder == identifier), set())
    for (_, holder), numbers in sorted(holders.items()):
        if holder == identifier:
            return False
        if numbers & mine:
            return True
    return False


def _holders(client: Any) -> dict[tuple[int, str], set[str]]:
    """Return when they were made, and what they are called, with what they hold."""
    rows = client.containers(all=True, filters={"label": [f"{LABEL}.gpus"], "status": HOLDING})
    return {
        (row["Created"], row["Id"]): {
            number for number in row["Labels"][f"{LABEL}.gpus"].split(",") if number
        }
        for row in rows
    }

"""Assigns the GPUs of an engine's host, so that two containers share none.

The engine does not track GPUs and gives every container the first. The assignment is therefore recorded in a
label of each container.
"""

from __future__ import annotations

from typing import Any

from launchers.docker.connection import KIND
from launchers.docker.container import LABEL
from launchers.local import gpus

#: States in which a container holds its GPUs.
HOLDING = ["created", "running", "paused", "restarting"]

#: Text of an engine without a GPU driver.
NO_DRIVER = "could not select device driver"


def choose(client: Any, count: int, has: int) -> tuple[str, ...]:
    """Return the numbers of GPUs that no container holds.

    Parameters
    ----------
    client : docker.APIClient
        The engine.
    count : int
        How many are needed.
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
    """Return whether a container that was created earlier holds one of the same GPUs."""
    holders = _holders(client)
    mine = next((numbers for (_, holder), numbers in holders.items() if holder == identifier), set())
    for (_, holder), numbers in sorted(holders.items()):
        if holder == identifier:
            return False
        if numbers & mine:
            return True
    return False


def _holders(client: Any) -> dict[tuple[int, str], set[str]]:
    """Return the GPUs of each container, by its time of creation and id."""
    rows = client.containers(all=True, filters={"label": [f"{LABEL}.gpus"], "status": HOLDING})
    return {
        (row["Created"], row["Id"]): {
            number for number in row["Labels"][f"{LABEL}.gpus"].split(",") if number
        }
        for row in rows
    }

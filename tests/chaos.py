"""How long the runs of random faults are: short in every run of the tests, in full by ``make chaos``."""

from __future__ import annotations

import os
from typing import TypeVar

N = TypeVar("N", int, float)
FULL = os.environ.get("HUGGINS_CHAOS") == "full"


def repeated(full: N, short: N) -> N:
    """Return how often, or for how many seconds, a fault is repeated."""
    return full if FULL else short

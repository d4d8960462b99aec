"""How many processors this process may use: not those of the machine, those of its limits."""

from __future__ import annotations

import math
import os
from pathlib import Path

#: Where cgroup v2 and v1 say how much processor time a container gets: quota and period in microseconds.
_V2 = Path("/sys/fs/cgroup/cpu.max")
_V1 = (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us"))


def processors() -> int:
    """Return how many threads are worth starting: the affinity, cut by the container's quota; at least 1."""
    allowed = len(os.sched_getaffinity(0))
    quota = _quota()
    return max(1, min(allowed, math.ceil(quota))) if quota else allowed


def _quota() -> float | None:
    try:
        if _V2.is_file():
            quota, period = _V2.read_text(encoding="ascii").split()
        else:
            quota, period = (path.read_text(encoding="ascii").strip() for path in _V1)
        return int(quota) / int(period) if quota != "max" and int(quota) > 0 else None
    except (OSError, ValueError):
        return None

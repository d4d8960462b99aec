"""The autoscaler: the number of replicas that a load needs; without input or output."""

from __future__ import annotations

import math
from collections import deque

from deploy.model.deployment import Scaling

UP_WINDOW_S = 5.0  # a replica for a shorter burst would be ready too late


class Autoscaler:
    """Computes the number of replicas of one version.

    The number rises with the mean load of the last seconds, and at once if a request waits and nothing runs.
    It falls to the highest need within `Scaling.stabilisation_s` (the rule of Kubernetes' horizontal
    autoscaler), and to zero when `Scaling.idle_s` have passed without a request.

    Parameters
    ----------
    used
        Time of the last request, of the clock of `desired`; None: never, so that with a minimum of 0 nothing
        starts before the first request.
    """

    def __init__(self, used: float | None = None) -> None:
        self._used = used
        self._loads: deque[tuple[float, float]] = deque()
        self._needs: deque[tuple[float, int]] = deque()

    def use(self, now: float) -> None:
        """Record a request."""
        self._used = now

    def desired(self, scaling: Scaling, load: float, now: float, *, waiting: bool = False) -> int:
        """Return the desired number of replicas.

        Parameters
        ----------
        scaling
            Limits and timeouts.
        load
            Mean number of concurrent requests since the last call.
        now
            Seconds of a monotonic clock.
        waiting
            Whether a request waits for a replica.
        """
        if load > 0 or waiting:
            self._used = now
        need = max(self._needed(scaling, load, now), int(waiting)) + scaling.standby
        if need == 0 and self._used is not None and now - self._used < scaling.idle_s:
            need = 1
        need = min(max(need, scaling.minimum), scaling.maximum)
        return self._stabilised(need, scaling, now)

    def _needed(self, scaling: Scaling, load: float, now: float) -> int:
        self._loads.append((now, load))
        while self._loads[0][0] <= now - UP_WINDOW_S:
            self._loads.popleft()
        mean = sum(load for _, load in self._loads) / len(self._loads)
        return math.ceil(mean / scaling.concurrency - 1e-9)

    def _stabilised(self, need: int, scaling: Scaling, now: float) -> int:
        # A monotonic queue: its first entry is the highest need of the window.
        while self._needs and self._needs[-1][1] <= need:
            self._needs.pop()
        self._needs.append((now, need))
        # The timeout of the last replica is `idle_s`; the window must not extend it.
        old = now - scaling.stabilisation_s
        while len(self._needs) > 1 and (self._needs[0][0] <= old or (need == 0 and self._needs[0][1] == 1)):
            self._needs.popleft()
        return min(self._needs[0][1], scaling.maximum)

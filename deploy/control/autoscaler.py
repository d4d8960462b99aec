"""How many replicas a load needs: a pure rule, fed once a tick."""

from __future__ import annotations

import math
from collections import deque

from deploy.model.deployment import Scaling

UP_WINDOW_S = 5.0  # a shorter burst is no reason for another replica: it would come too late


class Autoscaler:
    """Follows the load of one version.

    It goes up with the mean load of the last seconds, at once where nothing runs and somebody waits; it goes
    down only to the most that was needed within `Scaling.stabilisation_s` (the rule of Kubernetes' horizontal
    autoscaler); it goes to zero after `Scaling.idle_s` without a request.

    Parameters
    ----------
    used
        When it was last called, in seconds of the clock that `wanted` is given; None: never, so that with a
        minimum of 0 nothing is started before the first request.
    """

    def __init__(self, used: float | None = None) -> None:
        self._used = used
        self._loads: deque[tuple[float, float]] = deque()
        self._needs: deque[tuple[float, int]] = deque()

    def use(self, now: float) -> None:
        """Note a request."""
        self._used = now

    def desired(self, scaling: Scaling, load: float, now: float, *, waiting: bool = False) -> int:
        """Return how many replicas there should be.

        Parameters
        ----------
        scaling
            The rule's numbers.
        load
            Mean number of requests at once since the last tick.
        now
            Seconds, from a clock that never goes back.
        waiting
            Whether a request waits because nothing runs.
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
        # Kept falling: the first entry is the most that the window needed.
        while self._needs and self._needs[-1][1] <= need:
            self._needs.pop()
        self._needs.append((now, need))
        # The last replica's own time is `idle_s`; the window must not add to it.
        old = now - scaling.stabilisation_s
        while len(self._needs) > 1 and (self._needs[0][0] <= old or (need == 0 and self._needs[0][1] == 1)):
            self._needs.popleft()
        return min(self._needs[0][1], scaling.maximum)

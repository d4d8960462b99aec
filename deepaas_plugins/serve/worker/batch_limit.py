"""How many spectra one batch may hold: learnt from how long batches took (as BentoML does).

A batch of n spectra takes a·n + b seconds. Both are fitted by least squares to recent batches, older ones
fading; the largest n that keeps within the latency target is the limit.
"""

from __future__ import annotations

#: Weight of a batch after each newer one.
FADE = 0.95

#: Before anything is known.
FIRST = 8


class BatchLimit:
    """Learns the limit.

    Parameters
    ----------
    target
        Seconds that a batch should take at most.
    highest
        The limit is never above this.
    """

    def __init__(self, target: float, highest: int) -> None:
        self._target, self._highest = target, highest
        self._weight = self._n = self._t = self._nn = self._nt = 0.0

    def learn(self, spectra: int, seconds: float) -> None:
        """Take a batch into account."""
        if spectra < 1:
            return
        self._weight = FADE * self._weight + 1.0
        self._n = FADE * self._n + spectra
        self._t = FADE * self._t + seconds
        self._nn = FADE * self._nn + spectra * spectra
        self._nt = FADE * self._nt + spectra * seconds

    @property
    def line(self) -> tuple[float, float]:
        """Return (a, b): seconds per spectrum and per batch; (0, 0) before anything is known."""
        if self._weight == 0.0:
            return 0.0, 0.0
        mean_n, mean_t = self._n / self._weight, self._t / self._weight
        variance = self._nn / self._weight - mean_n * mean_n
        if variance < 1e-9 * mean_n * mean_n:
            return mean_t / mean_n, 0.0  # all of one size: all of it may be per spectrum
        slope = (self._nt / self._weight - mean_n * mean_t) / variance
        slope = min(max(slope, 0.0), mean_t / mean_n)
        return slope, mean_t - slope * mean_n

    @property
    def limit(self) -> int:
        """Return how many spectra the next batch may hold, at least 1."""
        if self._weight == 0.0:
            return min(FIRST, self._highest)
        slope, base = self.line
        if slope <= 0.0:
            return self._highest
        fitting = (self._target - base) / slope
        if base == 0.0:
            # Batches of one size tell nothing of larger ones: try one, and know more.
            fitting = max(fitting, 2.0 * self._n / self._weight)
        return int(min(max(fitting, 1.0), self._highest))

    def seconds(self, spectra: float) -> float:
        """Estimate how long so many spectra take when the batches are full."""
        slope, base = self.line
        return spectra * slope + base * max(spectra / self.limit, 1.0)

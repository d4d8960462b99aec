"""Decay of radius and learning rate from the first epoch to the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["constant", "linear", "inverse", "exponential"]
KINDS: tuple[Kind, ...] = ("constant", "linear", "inverse", "exponential")


@dataclass(frozen=True)
class Decay:
    """A value that goes from `start` in the first epoch to `end` in the last.

    Parameters
    ----------
    start, end
        Positive values. With "constant", `end` is ignored.
    kind
        "linear": equal steps; "exponential": equal ratios; "inverse": ``start / (1 + c·t)``, fast at first.
        MiniSom's "asymptotic" decay over T epochs is "inverse" with ``end = start / (1 + 2·(T−1)/T)``.
    """

    start: float
    end: float
    kind: Kind = "linear"

    def __post_init__(self) -> None:
        if self.start <= 0 or self.end <= 0:
            raise ValueError(f"a decay goes between positive values, not from {self.start} to {self.end}")
        if self.kind not in KINDS:
            raise ValueError(f"decay is one of {', '.join(KINDS)}, not {self.kind!r}")

    def at(self, epoch: int, epochs: int) -> float:
        """Return the value in an epoch, counted from 0, of so many."""
        if self.kind == "constant" or epochs < 2:
            return self.start
        way = epoch / (epochs - 1)
        if self.kind == "linear":
            return self.start + (self.end - self.start) * way
        if self.kind == "inverse":
            return self.start / (1.0 + way * (self.start / self.end - 1.0))
        return float(self.start * (self.end / self.start) ** way)

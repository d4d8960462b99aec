"""What the labels of samples say of a round's model: precision and recall, with intervals."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass

#: Of a normal distribution, for intervals of 95 %.
Z = 1.959963984540054
#: Random draws of the interval of recall.
DRAWS = 4000


@dataclass(frozen=True)
class Estimate:
    """A share, estimated from a sample.

    Attributes
    ----------
    value : float or None
        None where the sample is empty.
    low, high : float
        Interval of 95 %.
    right, of : int
        In the sample.
    """

    value: float | None
    low: float
    high: float
    right: int
    of: int

    def to_json(self) -> dict[str, float | int | None]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class StratumLabels:
    """The labels of rows drawn from one stratum.

    Attributes
    ----------
    rows : int
        Rows of the pool in the stratum.
    targets, labelled : int
        Of the rows that were drawn: those labelled as targets, and all that have a label.
    """

    rows: int
    targets: int
    labelled: int


def wilson(right: int, of: int) -> Estimate:
    """Return a share with Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209).

    Parameters
    ----------
    right, of : int
        How many of how many; of 0 nothing is known.

    Returns
    -------
    Estimate
        At 95 %.
    """
    if not of:
        return Estimate(None, 0.0, 1.0, 0, 0)
    share = right / of
    centre = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z * math.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2)) / (1 + Z**2 / of)
    # At the ends the interval reaches 0 or 1 exactly, which rounding would miss.
    low = 0.0 if right == 0 else max(0.0, centre - half)
    high = 1.0 if right == of else min(1.0, centre + half)
    return Estimate(share, low, high, right, of)


def recall(
    found: int, precision: Estimate, known: int, strata: Sequence[StratumLabels], seed: int = 0
) -> Estimate:
    """Estimate which share of the targets of a pool is known or predicted as such.

    Targets among the rows predicted as none are estimated from the strata: with few of them in millions of
    rows a plain random sample would hold none. The interval is that of random draws of every share from its
    posterior (Beta with Jeffreys' prior), which stays sensible where a stratum's sample has no target at all.

    Parameters
    ----------
    found : int
        Rows of the pool that are predicted as targets.
    precision : Estimate
        Of these.
    known : int
        Targets among the spectra that are labelled already.
    strata : sequence of StratumLabels
        All rows that are predicted as no targets.
    seed : int
        Of the draws.

    Returns
    -------
    Estimate
        `right` and `of` count the labelled rows of the strata.
    """
    sampled = [one for one in strata if one.rows]
    targets, of = sum(one.targets for one in sampled), sum(one.labelled for one in sampled)
    if not of or any(not one.labelled for one in sampled) or precision.value is None:
        return Estimate(None, 0.0, 1.0, targets, of)
    missed = sum(one.rows * one.targets / one.labelled for one in sampled)
    reached = known + found * precision.value
    value = reached / (reached + missed) if reached + missed else None
    rng = random.Random(seed)  # noqa: S311 - no secret
    draws = []
    for _ in range(DRAWS):
        right = known + found * _share(rng, precision.right, precision.of)
        lost = sum(one.rows * _share(rng, one.targets, one.labelled) for one in sampled)
        draws.append(right / (right + lost) if right + lost else 0.0)
    draws.sort()
    low, high = draws[int(0.025 * DRAWS)], draws[int(0.975 * DRAWS) - 1]
    told = low if value is None else value
    return Estimate(value, min(low, told), max(high, told), targets, of)


def _share(rng: random.Random, right: int, of: int) -> float:
    return rng.betavariate(right + 0.5, of - right + 0.5)

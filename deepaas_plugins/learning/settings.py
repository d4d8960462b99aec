"""What ``job.json`` asks of a round, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from deepaas_plugins.contract.errors import InvalidInput

#: How rows are chosen that a person is to label.
STRATEGIES = ("entropy", "margin", "least_confidence", "disagreement", "diverse", "random")
DIVERSITY = ("kmeans++", "coreset")
REJECTIONS = ("none", "reconstruction", "som")

MOST_ROWS = 100_000
MOST_COMMITTEE = 20


@dataclass(frozen=True)
class RoundSettings:
    """The settings of one round.

    Attributes
    ----------
    strategy
        One of `STRATEGIES`.
    diversity
        How ``diverse`` chooses among uncertain rows; one of `DIVERSITY`.
    batch, performance, recall
        Rows to label by the strategy; rows drawn at random from predicted targets; rows drawn from strata of
        those that are predicted as no targets.
    targets
        The classes that are searched for.
    candidates
        Length of the ranked list.
    rejection, rejection_quantile
        What is set aside before a person sees it; the share of the pool that is never set aside.
    balance
        How much sooner a row of a class with few labels is wanted: scores are multiplied by what is
        expected of (mean labels of a class / labels of its class) to this power; 0: not at all.
    committee
        Models whose disagreement is measured.
    seed
        Of every random choice; the number of the round is added.
    round
        Its number, from 1.
    """

    strategy: str = "entropy"
    diversity: str = "kmeans++"
    batch: int = 100
    performance: int = 50
    recall: int = 0
    targets: tuple[str, ...] = ()
    candidates: int = 1000
    rejection: str = "none"
    rejection_quantile: float = 0.999
    balance: float = 0.0
    committee: int = 5
    seed: int = 0
    round: int = 1

    @classmethod
    def from_json(cls, given: object) -> Self:
        """Read ``learning`` of ``job.json``; keys that a round does not use are for the platform.

        Raises
        ------
        InvalidInput
            A value is no sensible one; the message names it.
        """
        if not isinstance(given, Mapping):
            raise InvalidInput("job.json has no settings of a round (learning).")
        known = {one.name: given[one.name] for one in fields(cls) if one.name in given}
        if "targets" in known:
            known["targets"] = _names(known["targets"])
        for name in ("batch", "performance", "recall", "candidates"):
            _whole(known, name, 0, MOST_ROWS)
        _whole(known, "committee", 2, MOST_COMMITTEE)
        _whole(known, "round", 1, 1_000_000)
        _whole(known, "seed", 0, 2**31 - 1)
        for name, choices in (
            ("strategy", STRATEGIES),
            ("diversity", DIVERSITY),
            ("rejection", REJECTIONS),
        ):
            if known.get(name, choices[0]) not in choices:
                raise InvalidInput(f"learning.{name} is {known[name]!r}: it is one of {', '.join(choices)}.")
        quantile = known.get("rejection_quantile", 0.999)
        if not isinstance(quantile, int | float) or not 0.5 <= quantile <= 1.0:
            raise InvalidInput("learning.rejection_quantile must be a number from 0.5 to 1.")
        balance = known.get("balance", 0.0)
        if isinstance(balance, bool) or not isinstance(balance, int | float) or not 0.0 <= balance <= 2.0:
            raise InvalidInput("learning.balance must be a number from 0 to 2.")
        return cls(**known)


def _names(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) and name for name in given):
        raise InvalidInput("learning.targets must be a list of names of classes.")
    return tuple(dict.fromkeys(given))


def _whole(given: dict[str, Any], name: str, least: int, most: int) -> None:
    value = given.get(name, least)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(f"learning.{name} must be a whole number from {least} to {most}.")

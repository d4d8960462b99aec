"""How far labellers agree: Cohen's kappa of each pair."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from dashboard.labels.current import SpectrumLabels


@dataclass(frozen=True)
class Agreement:
    """Two labellers, on the spectra to which both gave a class.

    Attributes
    ----------
    first, second : str
        User ids.
    both, agreed : int
        Spectra that both labelled, and those with the same class.
    kappa : float or None
        Cohen's kappa: 1 for full agreement, 0 for that of chance; None where chance alone agrees always.
    """

    first: str
    second: str
    both: int
    agreed: int
    kappa: float | None

    def to_json(self) -> dict[str, str | int | float | None]:
        """Return it as JSON."""
        return asdict(self)


def agreements(spectra: Iterable[SpectrumLabels]) -> list[Agreement]:
    """Return the agreement of every pair of people who labelled a spectrum in common, by name."""
    pairs: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for one in spectra:
        opinions = one.opinions()
        for first, second in itertools.combinations(sorted(opinions), 2):
            pairs.setdefault((first, second), Counter())[opinions[first], opinions[second]] += 1
    return [_agreement(*names, table) for names, table in sorted(pairs.items())]


def _agreement(first: str, second: str, table: Counter[tuple[str, str]]) -> Agreement:
    """Return Cohen's kappa (Cohen 1960, Educational and Psychological Measurement 20, 37)."""
    both = table.total()
    agreed = sum(count for (one, other), count in table.items() if one == other)
    ones: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for (one, other), count in table.items():
        ones[one] += count
        others[other] += count
    chance = sum(count * others[label] for label, count in ones.items()) / both**2
    kappa = None if chance >= 1 else (agreed / both - chance) / (1 - chance)
    return Agreement(first, second, both, agreed, kappa)

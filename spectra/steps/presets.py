"""Presets of recipes: a few usual choices, each a change of the steps that stand there.

A preset sets the steps that it names, adds those that are missing at their usual place (`STEPS`), and takes
out those that would say the same a second time. Other steps stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Preset:
    """A usual choice.

    Attributes
    ----------
    name, title, help : str
        For programs; for people.
    steps : tuple of dict
        The steps that it sets, as a recipe has them.
    without : tuple of str
        Names of steps that it takes out.
    """

    name: str
    title: str
    help: str
    steps: tuple[Json, ...]
    without: tuple[str, ...] = field(default=())

    def to_json(self) -> Json:
        """Return it as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "help": self.help,
            "steps": [dict(step) for step in self.steps],
            "without": list(self.without),
        }


def _window(name: str, title: str, help: str, grid: tuple[float, float, int]) -> Preset:  # noqa: A002
    """Return a preset of a range: the grid alone has it, so that it stands in one step."""
    low, high, points = grid
    resample = {"step": "resample", "minimum": low, "maximum": high, "points": points}
    return Preset(name, title, help, (resample,), ("cutout",))


PRESETS: tuple[Preset, ...] = (
    _window(
        "halpha",
        "Hα window",
        "6519–6732 Å in 140 points: the emission and absorption of Hα.",
        (6519.0, 6732.0, 140),
    ),
    _window(
        "blue",
        "Blue",
        "3900–4900 Å in 500 points: Ca II H and K, the G band, Hδ, Hγ and Hβ, the lines of spectral types.",
        (3900.0, 4900.0, 500),
    ),
    _window(
        "optical",
        "Whole optical",
        "3900–7000 Å in 1,551 points of 2 Å: from Ca II K to Hα.",
        (3900.0, 7000.0, 1551),
    ),
    Preset(
        "continuum",
        "Continuum divided",
        "Divides by a polynomial of degree 5 that is fitted without the lines: only the lines are left.",
        ({"step": "continuum", "method": "polynomial", "operation": "divide", "degree": 5},),
    ),
)
"""The presets that forms offer, in their order."""

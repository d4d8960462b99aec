"""What there is to know an axis by: words of the file (`Said`), and what its family documents (`Rule`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Said(NamedTuple):
    """A word of the file, and where it stands: ("nm", "TUNIT1")."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a family of files is in where they do not say so.

    Parameters
    ----------
    family
        Whose rule it is: "the PFS data model".
    unit
        Name of the unit, or "" where it has no rule.
    frame
        "air" or "vacuum", or "".
    certain
        Whether it is documented; else it is only what such files mostly are, and marked as assumed.
    reach
        Shortest and longest wavelength of its instruments, Å; an axis beyond half the one or twice the other
        is not in the unit that was taken.
    """

    family: str
    unit: str = ""
    frame: str = ""
    certain: bool = True
    reach: tuple[float, float] | None = None

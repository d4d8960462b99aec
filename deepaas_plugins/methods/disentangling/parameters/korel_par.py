"""Elements in the form of KOREL's ``korel.par``: what is read of it, and how it is written.

Lines of orbital elements begin with ``o``: the number of the orbit (0: the close pair, 1: the outer orbit),
the number of the element, whether it converges (1) or is fixed (0), an equals sign, value and step, and after
a bar its name for people:

    o 0 1 1 = 7.3000 0.001 | PERIOD(0)

Elements: 1 period (d), 2 time of periastron (d), 3 eccentricity, 4 periastron longitude (°), 5 semi-amplitude
of the first star (km/s), 6 mass ratio, second over first, 7 apsidal motion (°/yr). A name after the bar wins
over the number. Other lines are keys of the program itself and are not used. Times are HJD, of which
2,400,000 may have been left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS
from spectra.observation.moment import EARLIEST, REDUCED_ZERO

_LINE = re.compile(
    r"\s*[oO]\s+(\d+)\s+(\d+)\s+(\d+)\s*=\s*([-+.\dEeDd]+)(?:\s+([-+.\dEeDd]+))?\s*(?:\|\s*(.*))?$"
)
_NUMBERS = {1: "period", 2: "periastron", 3: "eccentricity", 4: "omega", 5: "k1", 6: "q", 7: "apsidal"}
_NAMES = (
    ("ECC", "eccentricity"), ("LONG", "omega"), ("OMEGA", "omega"), ("EPOCH", "periastron"),
    ("PERIASTRON", "periastron"), ("PERIOD", "period"), ("K1", "k1"), ("K2", "k2"), ("MASS", "q"),
    ("APSID", "apsidal"),
)  # fmt: skip
_OUTER = {
    "period": "outer_period", "periastron": "outer_periastron", "eccentricity": "outer_eccentricity",
    "omega": "outer_omega", "k1": "k_pair", "k2": "k3",
}  # fmt: skip


@dataclass(frozen=True)
class KorelParameters:
    """What a file says of the elements.

    Attributes
    ----------
    values
        By our names.
    fixed
        Those that do not converge.
    ignored
        Lines that are not used.
    """

    values: Mapping[str, float]
    fixed: tuple[str, ...]
    ignored: int


def parse(text: str | None) -> KorelParameters:
    """Read the elements of a file.

    Parameters
    ----------
    text : str or None
        Its text.

    Raises
    ------
    ValueError
        There is a text but no element in it, or one has no number or lies out of range.
    """
    if text is None or not text.strip():
        return KorelParameters({}, (), 0)
    found: dict[tuple[int, str], tuple[float, bool]] = {}
    ignored = 0
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            ignored += bool(line.strip())
            continue
        name = _name(int(match[2]), match[6] or "")
        if name is None or int(match[1]) > 1:
            ignored += 1
            continue
        found[int(match[1]), name] = (_number(match[4], line), match[3] != "0")
    if not found:
        raise ValueError(
            "no line of it is an orbital element of a korel.par, such as 'o 0 1 1 = 7.3 0.001 | PERIOD(0)'."
        )
    return _ours(found, ignored)


def _ours(found: Mapping[tuple[int, str], tuple[float, bool]], ignored: int) -> KorelParameters:
    values: dict[str, float] = {}
    fixed: list[str] = []
    for (orbit, name), (value, converges) in found.items():
        if name == "q":
            first, _ = found.get((orbit, "k1"), (math.nan, True))
            name, value = "k2", first / value if value > 0 else math.nan  # noqa: PLW2901 - the same element
        ours = name if orbit == 0 else _OUTER.get(name)
        if ours is None:
            continue
        if ours.endswith("periastron") and 1e4 < value < EARLIEST:
            value += REDUCED_ZERO  # noqa: PLW2901
        element = ELEMENTS[ours]
        if not element.low <= value <= element.high:
            raise ValueError(
                f"{element.title} = {value:g} must lie within {element.low:g} and {element.high:g}."
            )
        values[ours] = value
        if not converges:
            fixed.append(ours)
    return KorelParameters(values, tuple(fixed), ignored)


def write(elements: Mapping[str, float], free: Sequence[str]) -> str:
    """Write elements in this form; those of `free` converge.

    Parameters
    ----------
    elements : mapping
        By our names.
    free : sequence of str
        Names of those that were fitted.
    """
    names = {number: name for number, name in _NUMBERS.items() if name != "q"}
    titles = {"period": "PERIOD", "periastron": "PERIASTRON EPOCH", "eccentricity": "ECCENTRICITY",
              "omega": "PERIASTRON LONG", "k1": "K1", "apsidal": "APSIDAL MOTION"}  # fmt: skip
    lines = []
    for orbit, second in ((0, "k2"), (1, "k3")):
        for number, name in sorted(names.items()):
            ours = name if orbit == 0 else _OUTER.get(name)
            if ours is not None and ours in elements:
                key = int(ours in free)
                lines.append(f"o {orbit} {number} {key} = {elements[ours]:.12g} 0 | {titles[name]}({orbit})")
        first = elements.get("k1" if orbit == 0 else "k_pair", 0.0)
        if elements.get(second, 0.0) > 0.0:
            key = int(second in free)
            lines.append(f"o {orbit} 6 {key} = {first / elements[second]:.8g} 0 | MASS RATIO({orbit})")
    return "\n".join(lines) + "\n"


def _name(number: int, comment: str) -> str | None:
    said = comment.upper()
    return next((name for word, name in _NAMES if word in said), _NUMBERS.get(number))


def _number(word: str, line: str) -> float:
    try:
        return float(word.replace("D", "E").replace("d", "e"))
    except ValueError:
        raise ValueError(f"the line {line.strip()[:60]!r} has no number after the equals sign.") from None

"""Small drawings that need no JavaScript: spectra of a list, and figures over rounds with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.base.errors import Unavailable
from dashboard.data.curve import Window, curve
from dashboard.data.dataset import Dataset, SpectrumRow, Unreadable
from dashboard.data.service import DataService

WIDTH, HEIGHT, POINTS = 160.0, 40.0, 160


async def sparklines(data: DataService, pool: Dataset | None, numbers: Sequence[int]) -> dict[int, str]:
    """Return the spectra of some rows as paths of an SVG of `WIDTH` × `HEIGHT`.

    Parameters
    ----------
    data : DataService
        Reads them.
    pool : Dataset or None
        None: it was deleted, and nothing is drawn.
    numbers : sequence of int
        Of its spectra; one that cannot be read is left out.
    """
    if pool is None or not numbers:
        return {}
    there = await data.rows.numbered(pool.id, list(numbers))
    rows: list[SpectrumRow] = [there[number] for number in numbers if number in there]
    try:
        read = await data.curves.read(pool.id, pool.kind, rows)
    except Unavailable:
        return {}
    return {
        row.number: path
        for row, one in zip(rows, read, strict=True)
        if not isinstance(one, Unreadable) and (path := _path(curve(one, Window(POINTS), errors=False)))
    }


def _path(drawn: Mapping[str, Any]) -> str:
    flux = np.array([np.nan if value is None else value for value in drawn["flux"]], dtype=float)
    x = np.array(drawn["x"], dtype=float)
    good = np.isfinite(flux)
    if good.sum() < 2 or np.ptp(x[good]) <= 0:
        return ""
    low, high = np.percentile(flux[good], (0.5, 99.5))
    y = np.clip((flux[good] - low) / (high - low or 1.0), 0.0, 1.0)
    across = (x[good] - x[good].min()) / np.ptp(x[good])
    points = zip(1 + across * (WIDTH - 2), HEIGHT - 2 - y * (HEIGHT - 4), strict=True)
    return "M" + "L".join(f"{one:.1f} {other:.1f}" for one, other in points)


@dataclass(frozen=True)
class Mark:
    """A share with its interval, in the coordinates of the drawing."""

    x: float
    y: float
    top: float
    bottom: float
    title: str


@dataclass(frozen=True)
class Series:
    """Marks of one kind, and the points of the line through them."""

    name: str
    number: int
    marks: tuple[Mark, ...]
    line: str


@dataclass(frozen=True)
class Chart:
    """Figures over rounds; `ticks` are the numbers of rounds with their place."""

    width: float
    height: float
    series: tuple[Series, ...]
    ticks: tuple[tuple[float, int], ...]
    levels: tuple[tuple[float, str], ...]


LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 40.0, 10.0, 520.0, 160.0


def chart(figures: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Return precision and recall over rounds; None where no round has a sample.

    Parameters
    ----------
    figures : sequence of mapping
        `RoundFigures` as JSON.
    """
    told = [one for one in figures if one["precision"]["of"] or one["recall"]["of"]]
    if not told:
        return None
    first, last = told[0]["number"], told[-1]["number"]

    def across(number: int) -> float:
        share = (number - first) / (last - first) if last > first else 0.5
        return LEFT + 20 + share * (PLOT_WIDTH - 40)

    series = []
    for place, name in enumerate(("precision", "recall"), 1):
        known = [one for one in told if one[name]["value"] is not None]
        marks = tuple(_mark(across(one["number"]), one["number"], name, one[name]) for one in known)
        line = " ".join(f"{one.x:.1f},{one.y:.1f}" for one in marks)
        series.append(Series(name, place, marks, line))
    levels = tuple((_down(level), f"{level:g}") for level in (0.0, 0.25, 0.5, 0.75, 1.0))
    ticks = tuple((across(one["number"]), one["number"]) for one in told)
    return Chart(
        LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT + 24, tuple(one for one in series if one.marks), ticks, levels
    )


def _mark(x: float, number: int, name: str, estimate: Mapping[str, Any]) -> Mark:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    shift = -3.0 if name == "precision" else 3.0
    title = f"Round {number}, {name}: {value:.3f} ({low:.3f} to {high:.3f})"
    return Mark(x + shift, _down(value), _down(high), _down(low), title)


def _down(share: float) -> float:
    return TOP + (1.0 - share) * PLOT_HEIGHT

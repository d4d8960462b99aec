"""A section of ``docs/accuracy.md`` with a table, in which a run replaces the rows that it measured."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

import numpy as np

#: What a section begins with.
NEXT_SECTION = "\n## "


def section(
    page: str,
    rows: Sequence[Sequence[str]],
    *,
    title: str,
    measured_by: str,
    head: Sequence[str],
    names: Collection[str],
) -> str:
    """Return the page with the section, in which rows of the same first cell are replaced.

    Parameters
    ----------
    page : str
        Markdown, with such a section or without.
    rows : sequence of sequence of str
        Cells of `head`.
    title : str
        Of the section.
    measured_by : str
        The lines after "Last measured DAY by".
    head : sequence of str
        Titles of the columns.
    names : collection of str
        First cells of the old rows that may stay.

    Returns
    -------
    str
        Markdown.
    """
    before, _, old = page.partition(f"{NEXT_SECTION}{title}\n")
    old, heading, after = old.partition(NEXT_SECTION)
    kept = set(names) - {row[0] for row in rows}
    stay = [cells for line in old.splitlines() if (cells := _cells(line)) and cells[0] in kept]
    lines = [head, ["---"] * len(head), *sorted([*stay, *map(list, rows)], key=lambda cells: cells[0])]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    day = datetime.datetime.now(datetime.UTC).date()
    text = f"{NEXT_SECTION}{title}\n\nLast measured {day} by {measured_by}\n{table}\n"
    return before.rstrip("\n") + "\n" + text + heading + after


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []


def mean_and_spread(values: Sequence[float], digits: str = ".3f") -> str:
    """Return the mean, and the standard deviation of one value where there are several."""
    spread = f" ± {np.std(values, ddof=1):{digits}}" if len(values) > 1 else ""
    return f"{np.mean(values):{digits}}{spread}"

"""The one form in which benchmarks say what they found."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """A claim, measured.

    Parameters
    ----------
    claim
        Its name.
    ours, peer
        The two measurements, in `unit`.
    ratio
        What is compared with the target.
    unit
        Of the measurements.
    target
        As text, for people: "≥ 12".
    holds
        Whether the ratio meets it.
    """

    claim: str
    ours: float
    peer: float
    ratio: float
    unit: str
    target: str
    holds: bool


def print_result(result: Result) -> None:
    """Print the line that machines read."""
    print("RESULT", json.dumps(asdict(result), ensure_ascii=False), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table for people; numbers to four digits, columns as wide as needed."""
    cells = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    for number, row in enumerate(cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def machine() -> str:
    """Describe the machine in a line."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.is_file():
        names = [
            line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

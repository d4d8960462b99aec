"""The ranked list of a round, ``out/candidates/predictions.csv``: a container wrote it, it is not trusted."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import Any

from dashboard.base.untrusted_folder import ConfinedFolder, readable
from dashboard.data.dataset import SpectrumLocation

CSV = "candidates/predictions.csv"
LIMIT = 64 * 2**20
LENGTH = 1000


@dataclass(frozen=True)
class Candidate:
    """A spectrum of the list.

    Attributes
    ----------
    rank : int
        From 1.
    pool_row : int
        Row of the pool.
    location : SpectrumLocation
        As the dataset calls it.
    name, label : str
        Of the spectrum; the class that the model predicts.
    probability : float
        Of the targets together.
    """

    rank: int
    pool_row: int
    location: SpectrumLocation
    name: str
    label: str
    probability: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        place = self.location
        return {
            "rank": self.rank,
            "row": self.pool_row,
            "name": self.name,
            "path": place.path,
            "hdu": place.hdu,
            "file_row": place.row,
            "label": self.label,
            "probability": self.probability,
        }


def read(folder: ConfinedFolder) -> list[Candidate]:
    """Return the list; empty where the round wrote none. It blocks for a file's time."""
    try:
        text = folder.read(CSV, LIMIT).decode("utf-8", "replace")
    except OSError:
        return []
    found: list[Candidate] = []
    for line in csv.DictReader(io.StringIO(text)):
        try:
            found.append(_candidate(line, len(found) + 1))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _candidate(line: dict[str, str], rank: int) -> Candidate:
    probability = float(line["target_probability"])
    if not math.isfinite(probability):
        raise ValueError("no probability")
    place = SpectrumLocation(
        readable(line.get("path") or "", LENGTH), _number(line, "hdu"), _number(line, "file_row")
    )
    return Candidate(
        rank,
        int(line["pool_row"]),
        place,
        readable(line.get("name") or "", LENGTH),
        readable(line.get("label") or "", LENGTH),
        probability,
    )


def _number(line: dict[str, str], name: str) -> int | None:
    text = line.get(name)
    return int(text) if text else None

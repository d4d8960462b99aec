"""`rejected.csv`: every spectrum that was left out, and why, written as they come."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from spectra.rejection import Rejection

KEPT = 10_000


class RejectionLog:
    """Writes rejections and remembers the first.

    Parameters
    ----------
    path
        The CSV file (``source,reason``); an older one is replaced.

    Attributes
    ----------
    first
        At most the first 10,000.
    count
        How many there were.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.first: list[Rejection] = []
        self.count = 0
        self._file = path.open("w", newline="", encoding="utf-8")
        self._lines = csv.writer(self._file)
        self._lines.writerow(["source", "reason"])

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def add(self, rejection: Rejection) -> None:
        """Write one."""
        self.count += 1
        self._lines.writerow([rejection.source, rejection.reason])
        if len(self.first) < KEPT:
            self.first.append(rejection)

    def summary(self) -> str:
        """Say that nothing is left, with the first reasons."""
        shown = "; ".join(f"{one.source}: {one.reason}" for one in self.first[:3])
        more = f"; … (all in {self._path.name})" if self.count > 3 else ""
        return f"none of the {self.count} spectra could be prepared: {shown}{more}"

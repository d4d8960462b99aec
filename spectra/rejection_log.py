"""`rejected.csv`: the rejected spectra with their reasons, written as they occur."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from spectra.fault import Fault
from spectra.rejection import Rejection
from spectra.spectrum import Source
from wire.spreadsheet import cell, text_of

KEPT = 10_000

#: `source` and `reason` are for people. `kind` is a `Fault`; `path`, `hdu` and `row` are the source as data,
#: empty where they are not known.
COLUMNS = ("source", "reason", "kind", "path", "hdu", "row")


class RejectionLog:
    """Writes rejections and remembers the first.

    Parameters
    ----------
    path
        The CSV file (`COLUMNS`); an older one is replaced.

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
        self._lines.writerow(COLUMNS)

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
        origin = rejection.origin
        texts = (rejection.source, rejection.reason, str(rejection.kind), origin.path)
        self._lines.writerow([*map(cell, texts), origin.hdu, origin.row])
        if len(self.first) < KEPT:
            self.first.append(rejection)

    def add_all_of(self, path: Path) -> None:
        """Write all entries of another log, which a part of a preparation wrote."""
        with path.open(encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines):
                hdu, row = (int(line[name]) if line[name] else None for name in ("hdu", "row"))
                source = Source(text_of(line["path"]), hdu, row)
                self.add(Rejection(source, text_of(line["reason"]), Fault(line["kind"])))

    def summary(self) -> str:
        """Return the message that no spectrum is left, with the first reasons."""
        shown = "; ".join(f"{one.source}: {one.reason}" for one in self.first[:3])
        more = f"; … (all in {self._path.name})" if self.count > 3 else ""
        return f"none of the {self.count} spectra could be prepared: {shown}{more}"

"""The lines of a table of classes, and the index by which spectra find theirs.

The lines are held as columns, not as objects: of a million objects the garbage collector would look at each,
again and again, and everything else of the process would wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dashboard.data.dataset import SpectrumRow

ROW = "row:"  # key of lines that name a spectrum by nothing but its row

NO_ROW = -1  # of a spectrum with a row that no line names: only lines without a row mean it


@dataclass
class LabelLines:
    """Lines with a label or a group, in the order of the table.

    Attributes
    ----------
    shown : list of str
        What each line calls its spectrum, for messages.
    hdu, row : list of int or None
        Which spectrum of the file; None: any.
    label, group, instrument : list of str or None
        What the line sets; None: nothing.
    """

    shown: list[str] = field(default_factory=list)
    hdu: list[int | None] = field(default_factory=list)
    row: list[int | None] = field(default_factory=list)
    label: list[str | None] = field(default_factory=list)
    group: list[str | None] = field(default_factory=list)
    instrument: list[str | None] = field(default_factory=list)
    _plain: dict[str, list[int] | int] = field(default_factory=dict)  # lines without a row, by key
    _rows: dict[str, list[int] | int] = field(default_factory=dict)  # lines with one, by key
    _exact: dict[str, list[int] | int] = field(default_factory=dict)  # the same, by row and key
    _used: set[int] = field(default_factory=set)
    _found: dict[tuple[str, int | None, int | None], int | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shown)

    def add(
        self,
        shown: str,
        place: tuple[int | None, int | None],
        meaning: tuple[str | None, str | None, str | None],
        keys: Iterable[str],
    ) -> None:
        """Add a line.

        Parameters
        ----------
        shown : str
            What it calls its spectrum.
        place : tuple
            HDU and row.
        meaning : tuple
            Label, group and instrument.
        keys : iterable of str
            The keys under which it is found; each counts once.
        """
        index, (hdu, row) = len(self.shown), place
        self.shown.append(shown)
        self.hdu.append(hdu)
        self.row.append(row)
        self.label.append(meaning[0])
        self.group.append(meaning[1])
        self.instrument.append(meaning[2])
        for key in dict.fromkeys(keys):
            if row is None:
                _append(self._plain, key, index)
            else:
                _append(self._rows, key, index)
                _append(self._exact, f"{row} {key}", index)

    def find(self, spectrum: SpectrumRow) -> int | None:
        """Return the line of a spectrum, and remember which lines named one; None: no line does."""
        for key in keys(spectrum):
            row = spectrum.row
            # Spectra of one file ask the same: a key with many lines is looked through once.
            if row is not None and f"{row} {key}" not in self._exact:
                row = NO_ROW
            asked = (key, row, spectrum.hdu)
            if asked not in self._found:
                self._found[asked] = self._last(*asked)
            if (line := self._found[asked]) is not None:
                return line
        return None

    def counts(self) -> dict[str, int]:
        """Return how many lines have each class, the most frequent first; lines without one under ``""``."""
        return dict(Counter(label or "" for label in self.label).most_common())

    def unknown(self) -> list[str]:
        """Return the names of the lines that matched no spectrum so far."""
        return [shown for index, shown in enumerate(self.shown) if index not in self._used]

    def _last(self, key: str, row: int | None, hdu: int | None) -> int | None:
        plain = _all(self._plain, key)
        # A file of one spectrum has no rows: a `row` beside it points into something else (a matrix of the
        # same stars).
        named = (
            sorted([*plain, *_all(self._rows, key)])
            if row is None
            else [*_all(self._exact, f"{row} {key}"), *plain]
        )
        fitting = [index for index in named if _fits(self.hdu[index], hdu)]
        self._used.update(fitting)
        return fitting[-1] if fitting else None


def keys(spectrum: SpectrumRow) -> Iterator[str]:
    """Yield the keys by which a line may name a spectrum, the most precise first."""
    parts = spectrum.path.replace("!/", "/").split("/")
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        yield path
        yield from _without_endings(path)
    yield f"name:{spectrum.name}"
    if spectrum.row is not None:
        yield ROW


def _append(index: dict[str, list[int] | int], key: str, line: int) -> None:
    """Add a line to those of a key; a key of one line has no list."""
    there = index.setdefault(key, line)
    if isinstance(there, list):
        there.append(line)
    elif there != line:
        index[key] = [there, line]


def _all(index: dict[str, list[int] | int], key: str) -> list[int]:
    there = index.get(key, [])
    return there if isinstance(there, list) else [there]


def _without_endings(path: str) -> Iterator[str]:
    folder, slash, name = path.rpartition("/")
    short = name.removesuffix(".gz")
    if short != name:
        yield f"{folder}{slash}{short}"
    stem = short.rpartition(".")[0]
    if stem:
        yield f"{folder}{slash}{stem}"


def _fits(wanted: int | None, there: int | None) -> bool:
    return wanted is None or there is None or wanted == there

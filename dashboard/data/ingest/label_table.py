"""Classes and objects for spectra, from a CSV.

The table is small beside the spectra and is held in memory; the spectra stream past it. Each spectrum looks
itself up: by its path, shortened from the front as far as its file's name, each with and without its endings,
then by its name.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dashboard.base.errors import FieldError, Invalid
from dashboard.data.dataset import SpectrumRow

PATHS = ("path", "file", "filename", "fits")
NAMES = ("name", "spectrum", "id")
CLASSES = ("label", "class", "cls", "mk_class", "type")
GROUPS = ("group", "object", "designation", "sn")
SHOWN = 20
LONGEST = 64 * 2**20  # bytes of a CSV
LONGEST_CELL = 500
NO_ROW = -1  # key of lines that mean all rows of a file
ROW = "row:"  # key of lines that name a spectrum by nothing but its row

Change = tuple[int, str | None, str | None]  # number, label, group


@dataclass(frozen=True)
class _Line:
    """One line of the CSV with a label or a group."""

    shown: str
    hdu: int | None
    row: int | None
    label: str | None
    group: str | None


@dataclass(frozen=True)
class Columns:
    """The roles of the columns of a CSV."""

    name: str
    label: str | None
    group: str | None

    def to_json(self) -> dict[str, str | None]:
        """Return it as JSON."""
        return {"name": self.name, "label": self.label, "group": self.group}


@dataclass
class LabelTable:
    """A table of classes; make it with `read_labels`."""

    columns: Columns
    lines: list[_Line]
    titles: list[str] = field(default_factory=list)
    by_key: dict[tuple[str, int | None], list[int]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def changes(self, spectra: Iterable[SpectrumRow]) -> list[Change]:
        """Return label and group of the spectra that the table names; remember which lines named one."""
        found = []
        for spectrum in spectra:
            line = self._line(spectrum)
            if line is None:
                continue
            group = spectrum.group if line.group is None else line.group
            found.append((spectrum.number, spectrum.label if line.label is None else line.label, group))
        return found

    def counts(self) -> dict[str, int]:
        """Return how many lines have each class, the most frequent first; lines without one under ``""``."""
        counted = Counter(line.label or "" for line in self.lines)
        return dict(counted.most_common())

    def unknown(self) -> list[str]:
        """Return the names of the lines that matched no spectrum so far."""
        return [line.shown for index, line in enumerate(self.lines) if index not in self.used]

    def _line(self, spectrum: SpectrumRow) -> _Line | None:
        for key in keys(spectrum):
            rows = (None,) if spectrum.row is None else (spectrum.row, NO_ROW)
            named = [index for row in rows for index in self.by_key.get((key, row), ())]
            fitting = [index for index in named if _fits(self.lines[index].hdu, spectrum.hdu)]
            if fitting:
                self.used.update(fitting)
                return self.lines[fitting[-1]]
        return None

    def add(self, line: _Line, keys: Iterable[str]) -> None:
        """Add a line under each of its keys."""
        index = len(self.lines)
        self.lines.append(line)
        for key in dict.fromkeys(keys):
            # A file of one spectrum has no rows: a `row` beside it points into something else (a matrix of
            # the same stars).
            for row in (None, NO_ROW if line.row is None else line.row):
                self.by_key.setdefault((key, row), []).append(index)


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


def read_labels(text: str, base: str = "") -> LabelTable:
    """Read a CSV (or table with ``;`` or tabs between its cells).

    Parameters
    ----------
    base
        Folder that its paths are relative to, below the dataset's files.

    Raises
    ------
    Invalid
        When it is no table, or lacks a column for the spectrum or for what is to be set.
    """
    text = text.lstrip("\ufeff")
    try:
        lines = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
        header = [name or "" for name in lines.fieldnames or ()]
        chosen, keyed = _columns(header)
        labels = LabelTable(chosen, [], [name.strip() for name in header])
        for number, line in enumerate(lines, 2):
            _add(labels, line, keyed, base, number)
    except csv.Error as error:
        raise _invalid(f"it is no CSV: {error}") from error
    if not labels.lines:
        raise _invalid("it has no lines below its header")
    return labels


def with_class_column(text: str, column: str) -> str:
    """Return a table in which another column has the class.

    Parameters
    ----------
    text : str
        The CSV.
    column : str
        The column that has the class; its title becomes ``label``, and others of that meaning are set aside.

    Returns
    -------
    str
        The table with another header; its lines are unchanged.

    Raises
    ------
    Invalid
        If it has no such column.
    """
    head, newline, lines = text.lstrip("\ufeff").partition("\n")
    delimiter = _delimiter(head)
    header = next(csv.reader([head.rstrip("\r")], delimiter=delimiter), [])
    titles = [name.strip() for name in header]
    if column not in titles:
        raise _invalid(f"it has no column {column!r}; its columns: {', '.join(titles[:12]) or 'none'}")
    chosen = titles.index(column)
    names = [f"{name} (unused)" if name.lower() in CLASSES else name for name in titles]
    names[chosen] = CLASSES[0]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(names)
    return f"{out.getvalue()}{newline}{lines}"


def _delimiter(text: str) -> str:
    """Return what stands between the cells of a table: the most frequent one of its first line."""
    return max(",;\t", key=text.partition("\n")[0].count)


def _columns(header: Sequence[str]) -> tuple[Columns, list[tuple[str, str]]]:
    """Return the columns that are used, and all that name a spectrum, each with what its keys begin with."""
    lower = {name.strip().lower(): name for name in reversed(header)}
    keyed = [(lower[name], "") for name in PATHS if name in lower]
    keyed += [(lower[name], "name:") for name in NAMES if name in lower]
    label = next((lower[name] for name in CLASSES if name in lower), None)
    group = next((lower[name] for name in GROUPS if name in lower), None)
    if not keyed and "row" in lower:
        keyed = [(lower["row"], ROW)]
    there = ", ".join(name or "(no name)" for name in header[:12]) or "none"
    if not keyed:
        raise _invalid(f"no column names the spectrum ({', '.join(PATHS + NAMES)}); its columns: {there}")
    if label is None and group is None:
        raise _invalid(f"no column has the class ({', '.join(CLASSES)}) or the object; its columns: {there}")
    return Columns(keyed[0][0], label, group), keyed


def _add(
    labels: LabelTable, line: dict[str, str | None], keyed: list[tuple[str, str]], base: str, number: int
) -> None:
    lower = {(name or "").strip().lower(): value for name, value in line.items() if isinstance(name, str)}
    named = [(line.get(column) or "").strip() for column, _ in keyed]
    shown = next((name for name in named if name), "")
    if not shown:
        return
    label, group = (_cell(line, column, number) for column in (labels.columns.label, labels.columns.group))
    if label is None and group is None:
        return
    entry = _Line(shown[:200], _integer(lower.get("hdu")), _integer(lower.get("row")), label, group)
    labels.add(
        entry,
        (key for name, (_, prefix) in zip(named, keyed, strict=True) for key in _called(name, prefix, base)),
    )


def _called(name: str, prefix: str, base: str) -> Iterator[str]:
    """Yield the keys that one cell gives."""
    if not name:
        return
    if prefix:
        yield prefix if prefix == ROW else prefix + name
        return
    path = name.replace("\\", "/").removeprefix("./")
    if base:
        yield f"{base}/{path}"
    # A name without folders may mean a file wherever it lies.
    if not base or "/" not in path:
        yield path


def _cell(line: dict[str, str | None], column: str | None, number: int) -> str | None:
    value = (line.get(column) or "").strip() if column else ""
    if len(value) > LONGEST_CELL or "\0" in value:
        raise _invalid(
            f"line {number}: the cell in {column} is longer than {LONGEST_CELL} characters or no text"
        )
    return value or None


def _integer(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _invalid(reason: str) -> Invalid:
    return Invalid(f"The table of labels cannot be used: {reason}.", [FieldError("labels", reason)])


def reject_unknown(labels: LabelTable) -> None:
    """Reject a table that names spectra that are not there.

    Raises
    ------
    Invalid
        With the first of them and their count.
    """
    missing = labels.unknown()
    if not missing:
        return
    first = ", ".join(missing[:SHOWN]) + (", …" if len(missing) > SHOWN else "")
    raise Invalid(
        f"{len(missing)} of {len(labels.lines)} lines name no spectrum of this dataset: {first}. "
        "Nothing was changed; correct them, or ask with partial=true to use the others.",
        [FieldError("labels", f"nothing here is called {name!r}") for name in missing[:SHOWN]],
    )

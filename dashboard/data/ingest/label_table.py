"""Classes and objects for spectra, from a CSV.

The table is small beside the spectra and is held in memory; the spectra stream past it. Each spectrum looks
itself up: by its path, shortened from the front as far as its file's name, each with and without its endings,
then by its name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from dashboard.base.errors import FieldError, Invalid
from dashboard.data.dataset import SpectrumRow
from dashboard.data.ingest.label_lines import ROW, LabelLines
from spectra.reading.column_names import INSTRUMENT, shown_names

PATHS = ("path", "file", "filename", "fits")
NAMES = ("name", "spectrum", "id")
CLASSES = ("label", "class", "cls", "mk_class", "type")
GROUPS = ("group", "object", "designation", "sn")
SHOWN = 20
LONGEST = 64 * 2**20  # bytes of a CSV
LONGEST_CELL = 500

Change = tuple[int, str | None, str | None, str | None]  # number, label, group, instrument


@dataclass(frozen=True)
class Columns:
    """The roles of the columns of a CSV."""

    name: str
    label: str | None
    group: str | None
    instrument: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return it as JSON."""
        return asdict(self)


@dataclass
class LabelTable:
    """A table of classes; make it with `read_labels`."""

    columns: Columns
    lines: LabelLines = field(default_factory=LabelLines)
    titles: list[str] = field(default_factory=list)

    def changes(self, spectra: Iterable[SpectrumRow]) -> list[Change]:
        """Return what the table says of the spectra that it names; remember which lines named one."""
        found: list[Change] = []
        for spectrum in spectra:
            line = self.lines.find(spectrum)
            if line is None:
                continue
            said = (self.lines.label[line], self.lines.group[line], self.lines.instrument[line])
            known = (spectrum.label, spectrum.group, spectrum.instrument)
            label, group, instrument = (
                before if new is None else new for new, before in zip(said, known, strict=True)
            )
            found.append((spectrum.number, label, group, instrument))
        return found

    def counts(self) -> dict[str, int]:
        """Return how many lines have each class, the most frequent first; lines without one under ``""``."""
        return self.lines.counts()

    def unknown(self) -> list[str]:
        """Return the names of the lines that matched no spectrum so far."""
        return self.lines.unknown()


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
        lines = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
        header = next(lines, [])
        chosen, keyed = _columns(header)
        labels = LabelTable(chosen, titles=[name.strip() for name in header])
        reader = _Reader(header, chosen, keyed, base)
        number = 1
        for cells in lines:
            if cells:  # an empty line is none
                number += 1
                reader.add(labels.lines, cells, number)
    except csv.Error as error:
        raise _invalid(f"it is no CSV: {error}") from error
    if not len(labels.lines):
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
        raise _invalid(f"it has no column {column!r}; its columns: {shown_names(titles)}")
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
    there = shown_names(header)
    if not keyed:
        raise _invalid(f"no column names the spectrum ({', '.join(PATHS + NAMES)}); its columns: {there}")
    instrument = next((lower[name] for name in INSTRUMENT if name in lower), None)
    if label is None and group is None and instrument is None:
        raise _invalid(
            f"no column has the class ({', '.join(CLASSES)}), the object or the instrument; its columns: "
            f"{there}"
        )
    return Columns(keyed[0][0], label, group, instrument), keyed


class _Reader:
    """Adds the lines of a table; where each column stands is looked up once.

    Of columns with one name the last counts.
    """

    def __init__(
        self, header: Sequence[str], columns: Columns, keyed: Sequence[tuple[str, str]], base: str
    ) -> None:
        place = {name: index for index, name in enumerate(header)}
        lower = {name.strip().lower(): index for name, index in place.items()}
        self._named = [(place[column], prefix) for column, prefix in keyed]
        self._label = (columns.label, place.get(columns.label or "", -1))
        self._group = (columns.group, place.get(columns.group or "", -1))
        self._instrument = (columns.instrument, place.get(columns.instrument or "", -1))
        self._hdu, self._row = lower.get("hdu", -1), lower.get("row", -1)
        self._base = base

    def add(self, lines: LabelLines, cells: list[str], number: int) -> None:
        """Add a line of the table, if it names a spectrum and something to set."""
        named = [
            (cells[place].strip() if place < len(cells) else "", prefix) for place, prefix in self._named
        ]
        shown = next((name for name, _ in named if name), "")
        if not shown:
            return
        label, group = _cell(cells, self._label, number), _cell(cells, self._group, number)
        instrument = _cell(cells, self._instrument, number)
        if label is None and group is None and instrument is None:
            return
        place = (_integer(cells, self._hdu), _integer(cells, self._row))
        called = (key for name, prefix in named for key in _called(name, prefix, self._base))
        lines.add(shown[:200], place, (label, group, instrument), called)


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


def _cell(cells: Sequence[str], column: tuple[str | None, int], number: int) -> str | None:
    name, place = column
    value = cells[place].strip() if name is not None and place < len(cells) else ""
    if len(value) > LONGEST_CELL or "\0" in value:
        raise _invalid(
            f"line {number}: the cell in {name} is longer than {LONGEST_CELL} characters or no text"
        )
    return value or None


def _integer(cells: Sequence[str], place: int) -> int | None:
    text = cells[place].strip() if 0 <= place < len(cells) else ""
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

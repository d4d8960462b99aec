"""How a text writes its table: delimiter, decimal mark, names, a line of units, titles, missing values.

Dialects seen: decimal commas where the delimiter is a semicolon, a tab or blanks; exponents with D (Fortran);
words for a missing value; a line of units or of types behind the names; lines of title before the table.
"""

from __future__ import annotations

import re

from spectra.fault import Fault
from spectra.reading.column_names import FLUX, best_axis, first_of
from spectra.reading.read_error import ReadError
from spectra.reading.tables.described_text import cds_table, ecsv_table, ipac_table, is_cds, is_ipac
from spectra.reading.tables.text_table import DECIMAL_COMMA, TextTable, cut, is_missing
from spectra.reading.units import spectral_unit
from spectra.reading.units.comments import is_statement

_COMMENTS = ("#", "%", ";", "!", "//")
_TYPES = {
    "float",
    "double",
    "real",
    "int",
    "integer",
    "long",
    "char",
    "float32",
    "float64",
    "f",
    "d",
    "r",
    "i",
}
_DELIMITERS = ("\t", ";", ",", None)
_LOOKED_AT = 200
"""Lines at the beginning among which the table's first is looked for."""
_BRACKET = re.compile(r"(?<=\w)\s+([(\[][^\s()\[\]]+[)\]])")
_LONGEST_LINE = 1 << 20
_RULE = re.compile(r"[-=+|_\s]+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?|[+-]?inf(?:inity)?", re.IGNORECASE)


def text_table(text: str) -> TextTable:
    """Find the table in a text.

    Raises
    ------
    ReadError
        When there are no lines, or what the text is said to be (ECSV, IPAC) is broken.
    """
    start = text.lstrip("\ufeff \t\r\n")
    _check_line(start)
    if start.startswith("# %ECSV"):
        return ecsv_table(start)
    if is_cds(start):
        return cds_table(start)
    if is_ipac(start):
        return ipac_table(start)
    if start.startswith("|"):
        text = _without_bars(start)
    comments, numbered = _split(text)
    if not numbered:
        raise ReadError("the text holds no lines of numbers", Fault.EMPTY)
    lines = [line for _, line in numbered]
    at, delimiter, decimal_comma = _first_row(lines)
    names, units, at = _heading(lines, at, delimiter, comments)
    if at >= len(lines):
        raise ReadError("the text holds no lines of numbers", Fault.EMPTY)
    return TextTable(lines[at:], delimiter, names, units, comments, decimal_comma, numbered[at][0])


def _check_line(text: str) -> None:
    """Reject a text whose first line is longer than that of any table, before it is cut.

    Raises
    ------
    ReadError
        When it is.
    """
    end = min(
        (at for mark in "\r\n" if (at := text.find(mark, 0, _LONGEST_LINE + 1)) >= 0), default=len(text)
    )
    if end > _LONGEST_LINE:
        raise ReadError(
            f"its first line has more than {_LONGEST_LINE:,} characters: it is no table of numbers",
            Fault.NO_SPECTRUM,
        )


def _without_bars(text: str) -> str:
    """Return a table drawn with bars (Markdown, fixed width) with commas between its cells."""
    return "\n".join(line.strip().strip("|").replace("|", ",") for line in text.splitlines())


def _split(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    """Return the comments before the table, and the other lines with their numbers."""
    comments: list[str] = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith(_COMMENTS):
            if not lines:
                comments.append(stripped.lstrip("#%;!/ "))
        elif stripped:
            # An empty cell at the beginning of a line must not be lost.
            lines.append((number, line.strip(" \r\n") if "\t" in line else stripped))
    return comments, lines


def _first_row(lines: list[str]) -> tuple[int, str | None, bool]:
    """Return the first line that is all numbers, its delimiter, and whether it has decimal commas.

    Where none of the first lines is, the delimiter is taken from the first line.
    """
    for at, line in enumerate(lines[:_LOOKED_AT]):
        for delimiter in _DELIMITERS:
            cells = cut(line, delimiter) if delimiter is None or delimiter in line else []
            comma = delimiter != "," and _are_decimal_commas(cells)
            if not comma and delimiter != "," and _are_whole(cells):
                comma = _are_decimal_commas_below(lines[at + 1 : at + 1 + _LOOKED_AT], delimiter)
            if (comma or _are_numbers(cells)) and not _is_count(cells, lines[at + 1 : at + 4], delimiter):
                return at, delimiter, comma
    delimiter = next((mark for mark in (",", ";", "\t") if mark in lines[0]), None)
    return len(lines), delimiter, False


def _is_count(cells: list[str], below: list[str], delimiter: str | None) -> bool:
    """Whether a line of numbers is no row: the lines below it all have another number of columns."""
    widths = {len(cut(line, delimiter)) for line in below}
    return len(below) > 1 and len(widths) == 1 and len(cells) not in widths and widths != {1}


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _are_numbers(cells: list[str]) -> bool:
    return (
        len(cells) > 1
        and any(_is_number(cell) for cell in cells)
        and all(_is_number(cell) or is_missing(cell) for cell in cells)
    )


def _are_decimal_commas(cells: list[str]) -> bool:
    return (
        len(cells) > 1
        and any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)
        and all(
            DECIMAL_COMMA.fullmatch(cell) or cell.lstrip("+-").isdigit() or is_missing(cell) for cell in cells
        )
    )


def _are_decimal_commas_below(lines: list[str], delimiter: str | None) -> bool:
    """Whether the first line that is not all whole numbers has decimal commas: 4000 stands before 4000,5."""
    for line in lines:
        cells = cut(line, delimiter)
        if not _are_whole(cells):
            return _are_decimal_commas(cells)
    return False


def _are_whole(cells: list[str]) -> bool:
    return bool(cells) and all(cell.lstrip("+-").isdigit() for cell in cells)


def _heading(
    lines: list[str], first: int, delimiter: str | None, comments: list[str]
) -> tuple[list[str], dict[str, str], int]:
    """Return names, units by name, and where the rows begin."""
    for at, line in enumerate(lines[: min(first, _LOOKED_AT)]):
        names = _names(line, delimiter)
        if best_axis(names) and first_of(names, FLUX):
            return names, *_below_names(lines, at + 1, delimiter, names)
    if first >= len(lines):  # columns of words among those of numbers
        names = _names(lines[0], delimiter)
        return ([], {}, 0) if all(map(_is_number, names[:2])) else (names, {}, 1)
    names = _names(lines[first - 1], delimiter) if first else []
    if len(names) == len(cut(lines[first], delimiter)):
        return names, {}, first
    if comments and not is_statement(comments[-1]):
        last = cut(comments[-1], "," if "," in comments[-1] else None)
        if len(last) == len(cut(lines[first], delimiter)) and best_axis(last):
            return last, {}, first
    return [], {}, first


def _names(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        line = _BRACKET.sub(r"\1", line)  # "wavelength [nm] flux" has two names
    return [name.strip(" \"'") for name in cut(line, delimiter)]


def _below_names(
    lines: list[str], at: int, delimiter: str | None, names: list[str]
) -> tuple[dict[str, str], int]:
    """Return the units where a line states them, and where the rows begin."""
    units: dict[str, str] = {}
    column = names.index(best_axis(names) or names[0])
    while at < len(lines):
        cells = cut(lines[at], delimiter)
        word = cells[column] if column < len(cells) else ""
        if not _RULE.fullmatch(lines[at]):
            if not word or word[0].isdigit() or _is_number(word) or DECIMAL_COMMA.fullmatch(word):
                break
            if not all(cell.lower() in _TYPES for cell in cells):
                if units or not (spectral_unit(word) or _are_words(cells)):
                    break
                units = {name: cell.strip("()[] ") for name, cell in zip(names, cells, strict=False)}
        at += 1
    return units, at


def _are_words(cells: list[str]) -> bool:
    return not any(_is_number(cell) for cell in cells)

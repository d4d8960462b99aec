"""Texts that describe themselves: ECSV (astropy's APE 6) and IPAC tables (IRSA, "IPAC Table Format")."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import yaml

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.tables.text_table import TextTable


class _Lenient(yaml.SafeLoader):
    """YAML in which the tags of other programs are passed over."""


def _nothing(*_: object) -> None:
    """Make nothing of a tag."""


_Lenient.add_multi_constructor("!", _nothing)


def ecsv_table(text: str) -> TextTable:
    """Return the table of an ECSV text.

    Raises
    ------
    ReadError
        When its header is broken or no rows follow it.
    """
    lines = text.splitlines()
    header = [line for line in lines if line.startswith("#")]
    described = _described(header)
    columns = [column for column in described.get("datatype") or [] if isinstance(column, dict)]
    delimiter = str(described.get("delimiter") or " ")
    rows = [line for line in lines if line.strip() and not line.startswith("#")]
    if delimiter not in {" ", ","} or not rows:
        raise ReadError("its ECSV header is broken, or no rows follow it", Fault.EMPTY)
    names = next(csv.reader(rows[:1], delimiter=delimiter), [])
    units = {
        str(column.get("name")): column["unit"] for column in columns if isinstance(column.get("unit"), str)
    }
    mark = None if delimiter == " " else delimiter
    comments = [line.lstrip("# ") for line in header]
    return TextTable(rows[1:], mark, names, units, comments, first=lines.index(rows[0]) + 2)


def _described(header: list[str]) -> dict[str, Any]:
    text = "\n".join(line[2:] for line in header if not line.startswith("# %ECSV"))
    try:
        described = yaml.load(text, _Lenient)  # noqa: S506 - a SafeLoader that makes nothing of unknown tags
    except yaml.YAMLError as error:
        raise ReadError(f"its ECSV header is broken ({' '.join(str(error).split())[:120]})") from error
    return described if isinstance(described, dict) else {}


def ipac_table(text: str) -> TextTable:
    """Return an IPAC table, cut where the bars of its header stand; its lines are written anew with commas.

    Raises
    ------
    ReadError
        When it has no header or no rows.
    """
    lines = text.splitlines()
    header = [line for line in lines if line.startswith("|")]
    if not header:
        raise ReadError("its IPAC table has no header line between bars", Fault.NO_SPECTRUM)
    bars = [place for place, mark in enumerate(header[0]) if mark == "|"]
    spans = list(pairwise(bars))
    words = [[line[start + 1 : end].strip() for start, end in spans] for line in header]
    names = words[0]
    units = (
        {name: word.strip("()[] ") for name, word in zip(names, words[2], strict=True) if word}
        if len(words) > 2
        else {}
    )
    nulls = words[3] if len(words) > 3 else ["null"] * len(names)
    rows = list(_ipac_rows(lines, spans, nulls))
    if not rows:
        raise ReadError("the text holds no lines of numbers", Fault.EMPTY)
    comments = [line.lstrip("\\ ") for line in lines if line.startswith("\\")]
    return TextTable(rows, ",", names, units, comments)


def _ipac_rows(lines: list[str], spans: list[tuple[int, int]], nulls: list[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() and not line.startswith(("|", "\\")):
            cells = (line[start:end].strip().replace(",", "") for start, end in spans)
            yield ",".join("" if cell == null else cell for cell, null in zip(cells, nulls, strict=True))

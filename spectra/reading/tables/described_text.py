"""Texts that describe themselves: ECSV (astropy APE 6), IPAC (IRSA, "IPAC Table Format"), CDS and AAS tables.

CDS: "Standards for Astronomical Catalogues, version 2.0", 3.2, the byte-by-byte description, which the AAS
calls machine-readable tables.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import yaml

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.tables.text_table import TextTable

_LOOKED_AT = 200
_MOST_COLUMNS = 1000
"""Of a table that is cut at fixed places: the time goes with columns times rows."""
_HEAD = 1 << 16
_CDS_RULE = re.compile(r"-{40,}")
_CDS_COLUMN = re.compile(r"^\s*(?:(\d+)\s*-)?\s*(\d+)\s+([AIFED]\d+(?:\.\d+)?)\s+(\S+)\s+(\S+)")


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
    except (yaml.YAMLError, RecursionError) as error:
        raise ReadError(f"its ECSV header is broken ({' '.join(str(error).split())[:120]})") from error
    return described if isinstance(described, dict) else {}


def is_ipac(text: str) -> bool:
    """Whether a text has keywords or a header between bars, and rows without bars."""
    lines = [line for line in text.splitlines()[:_LOOKED_AT] if line.strip()]
    header = [line for line in lines if line.startswith("|")]
    rows = [line for line in lines if not line.startswith(("|", "\\"))]
    return bool(header and rows) and lines[0].startswith(("|", "\\"))


def is_cds(text: str) -> bool:
    """Whether a text describes its columns byte by byte."""
    return "byte-by-byte description" in text[:_HEAD].lower()


def cds_table(text: str) -> TextTable:
    """Return the table of a CDS or AAS text, cut at the bytes that it describes.

    Raises
    ------
    ReadError
        When it describes no column, or no rows follow.
    """
    lines = text.splitlines()
    rules = [number for number, line in enumerate(lines) if _CDS_RULE.fullmatch(line.strip())]
    columns = [match for line in lines if (match := _CDS_COLUMN.match(line))]
    if not columns or not rules:
        raise ReadError("its byte-by-byte description names no column", Fault.NO_SPECTRUM)
    _check_columns(len(columns))
    spans = [(int(match[1] or match[2]) - 1, int(match[2])) for match in columns]
    names = [match[5] for match in columns]
    units = {match[5]: match[4] for match in columns if match[4] != "---"}
    first = rules[-1] + 1
    rows = [
        ",".join(line[start:end].strip().replace(",", "") for start, end in spans)
        for line in lines[first:]
        if line.strip()
    ]
    if not rows:
        raise ReadError("the text holds no lines of numbers", Fault.EMPTY)
    return TextTable(rows, ",", names, units, first=first + 1)


def _check_columns(count: int) -> None:
    if count > _MOST_COLUMNS:
        raise ReadError(f"its table has {count:,} columns; the most is {_MOST_COLUMNS:,}", Fault.TOO_LARGE)


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
    _check_columns(len(bars))
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

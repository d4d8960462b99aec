"""docs/formats.md names every format that can be read, in the order in which they are tried."""

from __future__ import annotations

import re

from spectra import FORMATS
from tests.conftest import ROOT

COLUMNS = ["format", "what", "recognised by", "axis", "unit", "frame", "errors", "mask", "tried on"]


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_has_a_row_for_every_format_in_their_order() -> None:
    names = [match[1] for row in rows() if (match := re.fullmatch(r"`([\w-]+)`", row[0]))]
    assert names == list(FORMATS)


def test_every_row_says_something_in_every_column() -> None:
    heading, rule, *described = rows()
    assert heading == COLUMNS
    assert set(rule) == {"---"}
    assert all(len(row) == len(COLUMNS) and all(row) for row in described)

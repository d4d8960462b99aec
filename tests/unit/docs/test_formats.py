"""docs/formats.md names every format that can be read, in the order in which they are tried."""

from __future__ import annotations

import re

import pytest

from spectra import FORMATS, read
from tests.conftest import ROOT
from tests.unit.spectra.reading.format_files import SAMPLES

COLUMNS = ["format", "what", "recognised by", "axis", "unit", "frame", "errors", "mask", "tried on"]


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_has_a_row_for_every_format_in_their_order() -> None:
    names = [match[1] for row in rows() if (match := re.fullmatch(r"`([\w-]+)`", row[0]))]
    assert names == list(FORMATS)


@pytest.mark.parametrize("row", rows()[2:], ids=lambda row: row[0])
def test_frame_errors_and_mask_are_what_a_file_of_the_format_gives(row: list[str]) -> None:
    described = dict(zip(COLUMNS, row, strict=True))
    name = described["format"].strip("`")
    sample = SAMPLES.get(name)
    if sample is None:
        assert name == "specutils"
        return
    known = read(sample.make(None, 1.0), format="image-rows" if name == "image-rows" else None)[0].provenance
    assert known.frame in described["frame"] or described["frame"].startswith("as `image`")
    assert known.errors is None or described["errors"] != "none"
    assert known.mask is None or described["mask"] != "none"
    assert not known.unit_assumed or "else" in described["unit"] or described["unit"] == "as `image`"


def test_every_row_says_something_in_every_column() -> None:
    heading, rule, *described = rows()
    assert heading == COLUMNS
    assert set(rule) == {"---"}
    assert all(len(row) == len(COLUMNS) and all(row) for row in described)

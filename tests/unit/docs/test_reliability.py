"""What the page of faults promises is shown by tests that are there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reliability.md"
CODE = re.compile(r"`(test_\w+)`")
HEAD = ("what breaks", "what is seen", "what happens", "test")


def rows() -> list[tuple[str, ...]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("|-") and row != HEAD]


@pytest.fixture(scope="module")
def there() -> set[str]:
    """Return the names of all tests and of their files."""
    files = list((ROOT / "tests").rglob("test_*.py"))
    written = "\n".join(path.read_text("utf-8") for path in files)
    return {path.stem for path in files} | set(re.findall(r"def (test_\w+)\(", written))


def test_there_are_rows() -> None:
    assert len(rows()) > 30


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_fault_has_a_test_that_shows_it(row: tuple[str, ...], there: set[str]) -> None:
    assert len(row) == len(HEAD), row
    named = CODE.findall(row[3])
    assert named, f"{row[0]}: no test is named"
    assert [name for name in named if name not in there] == []

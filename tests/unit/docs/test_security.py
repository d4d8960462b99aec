"""What the page of security promises is shown by tests that are there."""

from __future__ import annotations

import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = re.findall(r"^\|.*\|$", PAGE.split("## What protects")[1].split("\n## ")[0], re.MULTILINE)[2:]


def test_every_protection_names_a_test_that_is_there() -> None:
    assert len(ROWS) > 20
    names = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    for row in ROWS:
        shown = row.strip("|").split(" | ")[2].strip()
        if shown == "the same":
            continue
        for name in re.findall(r"`([^`]+)`", shown) or [""]:
            assert (ROOT / name).exists() or name.rpartition("/")[2] in names, row

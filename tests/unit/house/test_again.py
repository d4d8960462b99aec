"""What failed is found again, by the ids that pytest knows."""

from __future__ import annotations

import json
from pathlib import Path

from tests.again import failed


def test_groups_are_no_part_of_an_id(tmp_path: Path) -> None:
    file = tmp_path / "lastfailed"
    ids = ["tests/a.py::b[get /x@y]@tests.a.py", "tests/a.py::c", "tests/a.py::d@serving"]
    file.write_text(json.dumps(dict.fromkeys(ids, True)))
    assert failed(file) == ["tests/a.py::b[get /x@y]", "tests/a.py::c", "tests/a.py::d"]


def test_a_run_that_left_nothing_failed_nothing(tmp_path: Path) -> None:
    assert failed(tmp_path / "lastfailed") == []

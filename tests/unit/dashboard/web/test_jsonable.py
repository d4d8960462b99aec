"""What services return, as JSON."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pytest

from dashboard.web.app.jsonable import jsonable


class Colour(enum.StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Star:
    name: str
    colour: Colour
    flux: np.ndarray


def test_dataclasses_enums_and_arrays_become_plain() -> None:
    star = Star("Vega", Colour.RED, np.array([1.0, np.nan], dtype=np.float32))
    found = jsonable(star)
    assert found == {"name": "Vega", "colour": "red", "flux": [1.0, None]}
    assert type(found["colour"]) is str


def test_times_become_iso_8601_in_utc() -> None:
    zone = dt.timezone(dt.timedelta(hours=1))
    assert jsonable(dt.datetime(2026, 1, 1, 1, tzinfo=zone)) == "2026-01-01T00:00:00Z"


def test_infinities_become_null() -> None:
    assert jsonable([float("inf"), np.float64("nan"), 1]) == [None, None, 1]


def test_paths_keys_and_truth_keep_their_meaning() -> None:
    assert jsonable({1: PurePosixPath("a/b"), "yes": True}) == {"1": "a/b", "yes": True}


def test_what_has_no_agreed_form_is_rejected() -> None:
    with pytest.raises(TypeError, match="object has no agreed form"):
        jsonable(object())

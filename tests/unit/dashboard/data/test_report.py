from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from dashboard.base.errors import Invalid, NotFound
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.reports import arrays, report
from dashboard.reports.arrays import open_array
from dashboard.reports.report import Report
from tests.unit.dashboard.data.shelf import Shelf, view


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out")


def data_of(shelf: Shelf) -> dict:
    found = Report(shelf.out).view("v")["data"]
    json.dumps(found, allow_nan=False)
    return found


def test_a_job_without_a_report_has_no_views(shelf: Shelf) -> None:
    assert Report(shelf.out).views() == []


def test_arrays_become_lists_with_null_for_nan(shelf: Shelf) -> None:
    shelf.report(view("unheard-of", a="a.npy", b=3), a=np.array([[1.0, np.nan], [3.0, np.inf]]))
    assert data_of(shelf) == {"a": [[1.0, None], [3.0, None]], "b": 3}


def test_marks_are_counted_and_found_page_by_page_over_pieces(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "PIECE", 7)
    marks = np.array([n % 3 - 1 for n in range(50)], dtype=np.int32)
    shelf.report(view("histogram", marks="marks.npy", x_title="d", edges=[0, 1, 2]), marks=marks)
    assert data_of(shelf)["marks"] == {"rows": 50, "marked": int((marks >= 0).sum())}
    wanted = np.flatnonzero(marks == 1).tolist()
    found: list[int] = []
    for page in (1, 2, 3, 4):
        rows, total = Report(shelf.out).rows_of_mark("v", 1, page, 5)
        assert total == len(wanted)
        found += rows
    assert found == wanted
    assert Report(shelf.out).rows_of_mark("v", 99, 1, 5) == ([], 0)


@pytest.mark.parametrize(
    ("made", "mark", "title"),
    [
        (view("confusion-matrix", classes=["A", "B"]), 1, "A predicted as B"),
        (view("som-map", rows=2, columns=3), 4, "cell in row 2, column 2"),
        (view("histogram", x_title="distance", edges=[0, 0.5, 1]), 1, "distance from 0.5 to 1"),
        (view("confusion-matrix", classes=[]), 1, "mark 1"),
        (view("new-kind"), 7, "mark 7"),
    ],
)
def test_a_mark_is_called_what_it_is(shelf: Shelf, made: dict, mark: int, title: str) -> None:
    shelf.report(made)
    assert Report(shelf.out).title("v", mark) == title


def test_prototypes_are_thinned_with_their_grid_and_a_cell_has_its_own_whole(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_VALUES", 40)
    prototypes = np.arange(400, dtype=np.float32).reshape(4, 100)
    grid = np.arange(100.0).tolist()
    shelf.report(view("som-map", prototypes="prototypes.npy", wavelength=grid), prototypes=prototypes)
    data = data_of(shelf)
    assert np.shape(data["prototypes"]) == (4, 10)
    assert data["prototypes"][0] == data["wavelength"]
    whole = Report(shelf.out).prototype("v", 2)
    assert whole is not None
    assert whole[1].tolist() == prototypes[2].tolist()
    assert Report(shelf.out).prototype("v", 4) is None


@pytest.mark.parametrize("order", ["C", "F"])
def test_component_planes_come_a_few_at_a_time_in_either_order(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(report, "MOST_VALUES", 12)
    planes = np.asarray(np.arange(30, dtype=np.float32).reshape(5, 2, 3), order=order)
    shelf.report(view("component-planes", planes="planes.npy", names=list("abcde")), planes=planes)
    found = Report(shelf.out).view("v", 3)["data"]
    assert found["names"] == ["d", "e"]
    assert found["planes"] == planes[3:].tolist()
    assert (found["first"], found["planes_total"]) == (3, 5)


def test_points_are_thinned_and_say_which_row_they_are(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_SCATTERED", 10)
    x = np.arange(100.0)
    shelf.report(view("scatter", x="x.npy", y="y.npy", colour=["K"] * 100), x=x, y=-x)
    data = data_of(shelf)
    assert data["x"] == [float(row) for row in data["rows"]]
    assert data["y"] == [-float(row) for row in data["rows"]]
    assert (len(data["colour"]), data["points_total"]) == (10, 100)


def test_all_points_are_counted_behind_a_sample_of_them(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.array([*np.arange(100.0), np.nan])
    shelf.report(view("scatter", x="x.npy", y="y.npy"), x=x, y=2 * x)
    assert "density" not in data_of(shelf)
    monkeypatch.setattr(report, "MOST_SCATTERED", 10)
    density = data_of(shelf)["density"]
    counts = np.array(density["counts"])
    assert counts.sum() == 100
    assert (np.diag(counts) == 1).all()
    assert (density["x"][0], density["y"][-1]) == (0.0, 198.0)


def test_errors_bands_and_rows_of_points_are_thinned_with_them(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_CURVE", 10)
    values = [float(n) for n in range(50)]
    one = {"name": "a", "x": values, "y": values, "error": values, "low": [None] * 50, "high": values}
    shelf.report(view("curves", series=[{**one, "rows": list(range(50)), "mode": "points"}]))
    (found,) = data_of(shelf)["series"]
    assert len(found["x"]) < 50
    assert found["error"] == found["high"] == found["y"] == found["x"]
    assert found["rows"] == [int(value) for value in found["x"]]
    assert found["low"] == [None] * len(found["x"])
    assert found["mode"] == "points"


def test_long_curves_keep_their_peak(shelf: Shelf) -> None:
    y = np.zeros(100_000)
    y[54_321] = 5.0
    series = [{"name": "importance", "x": list(range(100_000)), "y": y.tolist()}]
    shelf.report(view("curves", series=series))
    shown = data_of(shelf)["series"][0]
    assert len(shown["x"]) <= report.MOST_CURVE
    assert shown["x"][shown["y"].index(5.0)] == 54_321


def test_an_array_that_is_too_large_is_named_not_sent(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_VALUES", 10)
    shelf.report(view("unheard-of", a="a.npy"), a=np.zeros((4, 5)))
    found = data_of(shelf)["a"]
    assert (found["file"], found["shape"]) == ("a.npy", [4, 5])
    assert "download" in found["reason"]


def test_what_is_not_there_is_not_found(shelf: Shelf) -> None:
    shelf.report(view("metrics", values=[]))
    with pytest.raises(NotFound):
        Report(shelf.out).view("other")
    with pytest.raises(NotFound):
        Report(shelf.out).rows_of_mark("v", 0, 1, 5)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/x.npy", ".hidden.npy", "a/b.npy"])
def test_a_name_that_leads_elsewhere_is_never_opened(shelf: Shelf, name: str) -> None:
    shelf.report(view("unheard-of", a=name, marks=name))
    np.save(shelf.out / "secret.npy", np.arange(3))
    assert data_of(shelf)["a"] == name
    with pytest.raises(NotFound):
        Report(shelf.out).rows_of_mark("v", 0, 1, 5)


def test_a_link_to_elsewhere_is_rejected(shelf: Shelf, tmp_path: Path) -> None:
    np.save(tmp_path / "secret.npy", np.arange(3))
    shelf.report(view("unheard-of", a="a.npy"))
    (shelf.out / "report/a.npy").symlink_to(tmp_path / "secret.npy")
    with pytest.raises(Invalid, match=r"a\.npy"):
        Report(shelf.out).view("v")


def test_pickled_objects_are_rejected(shelf: Shelf) -> None:
    shelf.report(view("unheard-of", a="a.npy"), a=np.array([{"x": 1}, None], dtype=object))
    with pytest.raises(Invalid, match="values that are not numbers"):
        Report(shelf.out).view("v")


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 60000, b"rubbish" * 100]
)
def test_a_file_that_is_no_array_is_rejected(shelf: Shelf, content: bytes) -> None:
    shelf.report(view("unheard-of", a="a.npy"))
    (shelf.out / "report/a.npy").write_bytes(content)
    with pytest.raises(Invalid, match=r"a\.npy"):
        Report(shelf.out).view("v")


def test_a_header_that_promises_more_than_the_file_holds_is_rejected(shelf: Shelf) -> None:
    shelf.report(view("unheard-of", a="a.npy"), a=np.zeros(100))
    path = shelf.out / "report/a.npy"
    content = path.read_bytes().replace(b"(100,)", b"(999,)")
    path.write_bytes(content)
    with pytest.raises(Invalid, match="promises 999"):
        Report(shelf.out).view("v")


def test_a_file_that_is_cut_while_it_is_read_is_rejected(shelf: Shelf) -> None:
    shelf.report(view("unheard-of"), a=np.zeros(100))
    opened = open_array(ConfinedFolder(shelf.out), "report/a.npy")
    os.truncate(shelf.out / "report/a.npy", 200)
    with pytest.raises(Invalid, match="shorter"):
        opened.all()


@pytest.mark.parametrize(
    "made",
    [view("scatter", x="nothing.npy"), view("curves", series=3), view("component-planes", planes="a.npy")],
)
def test_data_of_the_wrong_shape_are_rejected_with_a_sentence(shelf: Shelf, made: dict) -> None:
    shelf.report(made, a=np.zeros((2, 2, 2)))
    with pytest.raises(Invalid):
        Report(shelf.out).view("v")


def test_a_report_that_is_no_json_is_said_to_be_none(shelf: Shelf) -> None:
    shelf.report()
    (shelf.out / "report/report.json").write_text("{")
    with pytest.raises(Invalid, match="report cannot be read"):
        Report(shelf.out).views()

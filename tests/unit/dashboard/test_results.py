"""Reading reports, logs, curves and marks that a container wrote, well or badly."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.errors import Invalid, NotFound
from dashboard.jobs.results import POINTS, JobResults


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "report").mkdir()
    return tmp_path


def report(out: Path, *views: Any) -> JobResults:
    (out / "report" / "report.json").write_text(json.dumps({"schema": 1, "views": list(views)}))
    return JobResults(out)


def test_a_views_arrays_are_resolved_to_lists_and_its_marks_stay_a_name(out: Path) -> None:
    np.save(out / "report" / "planes.npy", np.arange(4, dtype=np.float32).reshape(2, 2))
    view = {
        "id": "p",
        "kind": "component-planes",
        "title": "P",
        "data": {"planes": "planes.npy", "marks": "m.npy"},
    }
    results = report(out, view)
    assert results.views() == [{"id": "p", "kind": "component-planes", "title": "P", "help": ""}]
    assert results.view("p")["data"] == {"planes": [[0.0, 1.0], [2.0, 3.0]], "marks": "m.npy"}


def test_what_is_no_number_in_an_array_is_none(out: Path) -> None:
    np.save(out / "report" / "x.npy", np.array([1.0, np.nan, np.inf]))
    assert report(out, {"id": "v", "data": {"x": "x.npy"}}).view("v")["data"]["x"] == [1.0, None, None]


def test_the_rows_behind_a_mark_come_in_pages(out: Path) -> None:
    np.save(out / "report" / "m.npy", np.array([0, 1, -1, 1, 1], dtype=np.int32))
    results = report(out, {"id": "s", "data": {"marks": "m.npy"}})
    assert results.rows_behind("s", 1, page=1, size=2) == ([1, 3], 3)
    assert results.rows_behind("s", 1, page=2, size=2) == ([4], 3)
    assert results.rows_behind("s", 7) == ([], 0)


def test_an_unknown_view_and_one_without_marks_are_not_found(out: Path) -> None:
    results = report(out, {"id": "t", "data": {}})
    for call in (lambda: results.view("x"), lambda: results.rows_behind("t", 0)):
        with pytest.raises(NotFound):
            call()


def test_an_array_of_objects_is_never_unpickled(out: Path) -> None:
    content = io.BytesIO()
    np.save(content, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (out / "report" / "bad.npy").write_bytes(content.getvalue())
    with pytest.raises(Invalid, match=r"bad\.npy cannot be read"):
        report(out, {"id": "b", "data": {"x": "bad.npy"}}).view("b")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,)}",
    ],
)
def test_a_broken_array_is_refused_with_its_name(out: Path, content: bytes) -> None:
    (out / "report" / "bad.npy").write_bytes(content)
    with pytest.raises(Invalid, match=r"bad\.npy"):
        report(out, {"id": "b", "data": {"x": "bad.npy"}}).view("b")


def test_an_array_outside_the_report_is_not_there(out: Path) -> None:
    np.save(out / "outside.npy", np.zeros(1))
    with pytest.raises(Invalid, match="not there"):
        report(out, {"id": "b", "data": {"x": "../outside.npy"}}).view("b")


@pytest.mark.parametrize("content", ["", "[]", '{"views": 1}', '{"views": [1, {"id": "x"}]}', "{"])
def test_a_report_that_makes_no_sense_has_no_views(out: Path, content: str) -> None:
    (out / "report" / "report.json").write_text(content)
    assert JobResults(out).views() == []


def test_a_log_is_read_piece_by_piece_without_breaking_letters(out: Path) -> None:
    text = "Hα 6563 Å 😀\n" * 50
    (out / "log.txt").write_text(text, "utf-8")
    results, start, read = JobResults(out), 0, ""
    while (part := results.log(start, limit=7)).end > start:
        read, start = read + part.text, part.end
    assert read == text
    assert part.size == len(text.encode())


def test_the_end_of_a_log_is_had_by_a_negative_start(out: Path) -> None:
    (out / "log.txt").write_bytes(b"abc\xffdef")
    assert JobResults(out).log(-4).text == "�def"
    assert JobResults(out).log(-99).start == 0
    assert JobResults(out).log(99).text == ""


def test_without_a_log_there_is_an_empty_one(out: Path) -> None:
    assert JobResults(out).log() == JobResults(out).log(-5)
    assert JobResults(out).log().text == ""


def test_curves_are_thinned_and_nonsense_is_left_out(out: Path) -> None:
    lines = [json.dumps({"name": "loss", "value": i, "step": i, "time": "t"}) for i in range(3 * POINTS)]
    lines += ['{"name": "loss", "value": NaN}', '{"name": 1, "value": 1}', "nonsense", "[1]", '{"value": 1}']
    (out / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    curve = JobResults(out).metrics()
    assert list(curve) == ["loss"]
    assert (len(curve["loss"]), curve["loss"][0]["step"], curve["loss"][-1]["step"]) == (
        POINTS,
        0,
        3 * POINTS - 1,
    )


def test_a_line_that_is_still_being_written_is_not_read(out: Path) -> None:
    (out / "progress.jsonl").write_text('{"phase": "a", "step": 1}\n{"phase": "b", "st')
    assert [line["phase"] for line in JobResults(out).progress()] == ["a"]


@pytest.mark.parametrize(
    "content",
    [None, "", "[]", '{"attempt": "b", "outcome": "completed"}', '{"attempt": "a", "outcome": "fine"}'],
)
def test_an_exit_file_that_makes_no_sense_is_none(out: Path, content: str | None) -> None:
    if content is not None:
        (out / "exit.json").write_text(content)
    assert JobResults(out).exit("a") is None


def test_the_final_metrics_are_numbers_only(out: Path) -> None:
    (out / "summary.json").write_text('{"metrics": {"a": 1, "b": "x", "c": true, "d": NaN}}')
    assert JobResults(out).summary() == {"a": 1.0}

"""Reading logs, curves and ends that a container wrote, well or badly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.jobs.folder.results import POINTS, JobResults


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path


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

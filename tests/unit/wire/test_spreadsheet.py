"""Text from files of others is no formula where it is opened."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest

from deepaas_plugins.pipeline.table import _Csv
from deepaas_plugins.serve.formats import tables
from spectra import Fault, Source
from spectra.rejection import Rejection
from spectra.rejection_log import RejectionLog
from wire.spreadsheet import cell, text_of

FORMULAS = ['=HYPERLINK("http://x/?"&A1,"x")', "+1+cmd", "-2+3|x", "@SUM(A1)", "\t=1", " =1", "\r=1", "%0A=1"]
FORMULAS += ["\uff1d1+1", "\uff0b1", "\uff0dx", "\uff20a", "\u00a0=1", "\ufeff=1", "\u200b=1"]
PLAIN = ["star", "-1.5", "+3e5", "a=b", "", "'quoted", "1-2", "-.5", "Hα -> 6563"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_written_as_text_and_read_back(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert text_of(cell(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text
    assert text_of(text) == text


def test_numbers_are_no_text() -> None:
    assert [cell(value) for value in (-1.5, 3, None)] == [-1.5, 3, None]


def test_predictions_of_jobs_hold_no_formulas(tmp_path: Path) -> None:
    batch = pa.record_batch({"name": ["star", None, *FORMULAS], "x": [-1.0] * (2 + len(FORMULAS))})
    with _Csv(tmp_path / "p.csv", batch.schema) as out:
        out.write_batch(batch)
    with (tmp_path / "p.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["star", "", *(f"'{text}" for text in FORMULAS)]
    assert {row["x"] for row in rows} == {"-1"}


def test_predictions_of_replicas_hold_no_formulas() -> None:
    answer = {"results": [{"name": text, "label": "a"} for text in FORMULAS], "rejected": [], "model": {}}
    text = tables.encode("text/csv", answer).decode()
    names = [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert names == [f"'{each}" for each in FORMULAS]


def test_rejections_hold_no_formulas_and_are_joined_as_they_were(tmp_path: Path) -> None:
    paths = {"part": tmp_path / "part.csv", "whole": tmp_path / "whole.csv"}
    given = Rejection(Source("=1+1.fits", None, 3), "@reason", Fault.MALFORMED)
    with RejectionLog(paths["part"]) as part:
        part.add(given)
    with RejectionLog(paths["whole"]) as whole:
        whole.add_all_of(paths["part"])
    assert whole.first == part.first
    assert "'=1+1.fits" in paths["whole"].read_text()

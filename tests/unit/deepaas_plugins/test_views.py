"""Marks of views lead to the right rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract import views


def test_a_confusion_cell_leads_to_the_rows_behind_it(tmp_path: Path) -> None:
    view = views.confusion_matrix(
        "confusion",
        "Confusion",
        classes=["a", "b"],
        true=np.array([0, 0, 1, 1, -1]),
        predicted=np.array([0, 1, 1, -1, 0]),
        split="test set",
    ).write(tmp_path)
    assert view["data"]["counts"] == [[1, 1], [0, 1]]
    marks = np.load(tmp_path / view["data"]["marks"], allow_pickle=False)
    assert marks.dtype == np.int32
    assert np.flatnonzero(marks == 0 * 2 + 1).tolist() == [1]
    assert marks[3] == marks[4] == -1


def test_bars_of_a_histogram_hold_both_ends_and_no_nan(tmp_path: Path) -> None:
    values = np.array([0.0, 0.49, 0.5, 1.0, np.nan, 1.5])
    view = views.histogram("h", "H", x_title="p", values=values, edges=np.array([0.0, 0.5, 1.0]))
    assert view.data["counts"] == [2, 2]
    assert view.data["marks"].tolist() == [0, 0, 1, 1, -1, -1]


def test_numbers_that_json_has_not_are_null() -> None:
    assert views.inline({"a": np.array([1.0, np.nan]), "b": (np.inf, np.int64(3))}) == {
        "a": [1.0, None],
        "b": [None, 3],
    }


def test_an_id_that_is_no_file_name_is_rejected() -> None:
    with pytest.raises(ValueError, match="view id"):
        views.spectra_rows("../evil", "Evil", rows=[])


def test_a_table_with_ragged_rows_is_rejected() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        views.table("t", "T", columns=[{"name": "a", "title": "A"}, {"name": "b", "title": "B"}], rows=[[1]])


def test_lines_of_an_image_lead_to_their_rows_and_a_map_names_the_parameters(tmp_path: Path) -> None:
    z = np.array([[0.0, np.nan], [1.0, -1.0]])
    shown = views.image(
        "residuals",
        "R",
        x=np.array([1.0, 2.0]),
        z=z,
        names=["a", "b"],
        x_title="λ",
        z_title="O−C",
        rows=[4, 7],
    ).write(tmp_path)
    assert shown["data"]["rows"] == [4, 7]
    np.testing.assert_array_equal(np.load(tmp_path / shown["data"]["z"]), z)
    with pytest.raises(ValueError, match="2 lines"):
        views.image("r", "R", x=np.ones(2), z=z, names=["a"], x_title="λ", z_title="z")
    made = views.parameter_map(
        "m", "M", x=np.arange(2.0), y=np.arange(2.0), z=z, x_title="x", y_title="y", z_title="χ²",
        levels=[0.5], best=(0.0, 1.0), parameters={"x": "k1", "y": "k2"}, others={"search": "local"},
    )  # fmt: skip
    assert made.data["parameters"] == {"x": "k1", "y": "k2"}
    assert made.data["others"] == {"search": "local"}

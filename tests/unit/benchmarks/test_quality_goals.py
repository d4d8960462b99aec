"""The table of presets: its rows, what holds, and the figures that are taken from a job's arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import presets, quality_goals
from benchmarks.presets import GOALS, Figure, metric, place_of
from benchmarks.training_job import FinishedJob
from deepaas_plugins.contract import registry
from deepaas_plugins.contract.schema import load_parameters
from spectra import Recipe


@pytest.mark.parametrize("name", GOALS)
def test_the_parameters_of_a_preset_are_those_of_its_module(name: str) -> None:
    goal = GOALS[name]
    given = {"folds": 5, "seed": 0, "random_split": False} | goal.parameters
    load_parameters(registry.method(goal.module).train_schema, given)
    if goal.steps is not None:
        Recipe.from_json({"schema": 1, "steps": list(goal.steps)})
    assert goal.figures


def test_a_figure_holds_on_its_better_side() -> None:
    higher, lower = metric("a:b", "A", 0.9), metric("c", "C", 2.0, lower=True)
    assert (higher.told, lower.told, higher.name) == ("≥ 0.9", "≤ 2", "a_b")
    assert higher.holds(0.9)
    assert not higher.holds(0.89)
    assert lower.holds(1.5)
    assert not lower.holds(2.1)
    assert higher.of(FinishedJob({"a:b": 0.7}, 1)) == 0.7


@pytest.mark.parametrize(
    ("text", "place"), [("G3 V", 43.0), ("K3Ibvar", 53.0), ("sdF8", 38.0), ("M4.5III", 64.5)]
)
def test_a_type_has_a_place_on_the_sequence(text: str, place: float) -> None:
    assert place_of(text) == place


def test_near_the_border_counts_as_right_and_far_from_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "miles").mkdir()
    (tmp_path / "miles" / "labels.csv").write_text(
        "sptype,mk_class\nG9 V,G\nK1 V,K\nK5 V,K\nwd,\n", encoding="utf-8"
    )
    monkeypatch.setattr(presets, "data_folder", lambda: tmp_path)
    # Classes G, K: G9 told as G is right; K1 told as G is near the border; K5 told as G is not.
    marks = np.array([0 * 2 + 0, 1 * 2 + 0, 1 * 2 + 0])
    job = FinishedJob({}, 3, {"confusion-marks": marks}, ["G", "K"])
    assert presets.near_border(job) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="2 rows, the table 3 stars"):
        presets.near_border(FinishedJob({}, 2, {"confusion-marks": marks[:2]}, ["G", "K"]))


def test_figures_of_parameters_are_of_cool_stars_alone() -> None:
    teff = np.array([3600.0, 5000.0, 6000.0, 7000.0, 9000.0])
    arrays = {
        "predicted-true-teff-x": teff,
        "residuals-feh-y": np.array([9.0, -0.1, 0.0, 0.1, 9.0]),
        "pull-feh-y": np.array([5.0, 0.5, -0.9, 1.5, 5.0]),
    }
    job = FinishedJob({}, 5, arrays)
    assert presets.robust("feh", "", 1.0, ".3f").of(job) == pytest.approx(0.14826)
    assert presets.coverage_error("feh").of(job) == pytest.approx(0.9 - 2 / 3)


def test_a_section_keeps_rows_of_other_goals_and_what_is_around_it() -> None:
    figure = Figure("x", "figure", 1.0, lambda _job: 1.0)
    goal = GOALS["lamost"]
    first = quality_goals._row(goal, figure, [0.8, 0.9], "10", "3")
    assert first[5] == "0.850 ± 0.071"
    assert first[7] == "no"
    page = quality_goals.section("# Page\n\n## Another\n\nText.\n", [first])
    other = quality_goals._row(GOALS["miles_class"], figure, [1.0], "7", "1")
    page = quality_goals.section(page, [other])
    assert page.count("## Presets on real spectra") == 1
    assert "| lamost | rdf | 10 | 2 |" in page
    assert "| miles_class | rdf | 7 | 1 |" in page
    assert "## Another\n\nText." in page
    again = quality_goals.section(page, [quality_goals._row(goal, figure, [1.0], "10", "3")])
    assert again.count("| lamost |") == 1

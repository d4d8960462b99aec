"""What differs between runs, which is best, and where they disagree."""

from __future__ import annotations

import csv
import io
import math
import statistics

import numpy as np
import pytest

from dashboard.comparison.changes import Predicted, agreement, of_cell
from dashboard.comparison.differences import parameter_rows, setting_rows
from dashboard.comparison.matrices import differences
from dashboard.comparison.measures import groups, metric_rows
from dashboard.comparison.pivot import pivot
from dashboard.comparison.table import csv_table, latex_table
from tests.unit.dashboard.comparison.runs import matrix, run


def test_the_best_value_follows_the_declared_direction() -> None:
    runs = [run("a", {"balanced": 0.9, "error": 3.0, "x": 1.0}), run("b", {"balanced": 0.8, "error": 2.0})]
    found = {row.name: row for row in metric_rows(runs)}
    assert found["balanced"].best == [0]
    assert found["error"].best == [1]
    assert found["x"].best == []  # nobody says which direction is better
    assert found["x"].values == (1.0, None)


@pytest.mark.parametrize(
    ("values", "best"),
    [((0.9, 0.9), []), ((0.9, 0.8, 0.9), [0, 2]), ((math.nan, 0.8, 0.7), [1]), ((0.9,), [])],
)
def test_ties_share_the_mark_and_what_is_no_number_never_has_it(
    values: tuple[float, ...], best: list[int]
) -> None:
    runs = [run(str(index), {"balanced": value}) for index, value in enumerate(values)]
    assert metric_rows(runs)[0].best == best


def test_parameters_that_differ_come_first_and_those_that_lack_are_no_null() -> None:
    runs = [run("a", parameters={"trees": 5, "depth": None}), run("b", parameters={"trees": 5})]
    depth, trees = parameter_rows(runs)
    assert (depth.name, depth.differs, depth.to_json()["absent"]) == ("depth", True, [1])
    assert (trees.name, trees.differs) == ("trees", False)


def test_recipes_are_compared_step_by_step() -> None:
    scale, cut = {"step": "scale"}, {"step": "cut", "minimum": 1}
    runs = [run("a", recipe={"steps": [scale, cut]}), run("b", recipe={"steps": [scale]})]
    assert [row.name for row in setting_rows(runs) if row.differs] == ["recipe, step 2"]


def test_runs_that_differ_in_their_seed_alone_are_one_group() -> None:
    values = (0.8, 0.9, 0.7)
    runs = [
        run(str(seed), {"balanced": value}, parameters={"trees": 5, "seed": seed})
        for seed, value in enumerate(values)
    ]
    other = run("other", {"balanced": 0.1}, parameters={"trees": 6, "seed": 0})
    elsewhere = run("elsewhere", parameters={"trees": 5, "seed": 0}, input={"sha256": "1" * 64})
    (group,) = groups([*runs, other, elsewhere])
    assert group.runs == (0, 1, 2)
    mean, deviation, number = group.spread["balanced"]
    assert (mean, number) == (pytest.approx(0.8), 3)
    assert deviation == pytest.approx(statistics.stdev(values))


def test_the_difference_of_matrices_is_taken_class_by_class() -> None:
    runs = [run("a", matrix=matrix("AB", (5, 1), (2, 8))), run("b", matrix=matrix("BA", (9, 1), (0, 6)))]
    (found,) = differences(runs)
    assert found.classes == ("A", "B")
    assert found.counts == ((1, -1), (-1, 1))
    assert found.same_spectra


def test_matrices_of_other_classes_or_spectra_say_so() -> None:
    runs = [
        run("a", matrix=matrix("ABC", (5, 1, 0), (2, 8, 0), (0, 0, 3))),
        run("b", matrix=matrix("ABD", (5, 1, 0), (2, 9, 0), (0, 0, 3))),
        run("none"),
        run("foreign", matrix=matrix("XY", (1, 0), (0, 1))),
    ]
    (found,) = differences(runs)
    assert found.left_out == ("C", "D")
    assert not found.same_spectra


def predicted(rows: list[int], true: str, said: str) -> Predicted:
    return Predicted(np.array(rows), tuple(true), tuple(said))


def test_exactly_the_spectra_that_changed_sides_are_found() -> None:
    first = predicted([0, 1, 2, 5], "AABB", "ABBA")
    second = predicted([0, 3, 4], "ABA", "BAA")
    at = [("s0", 1, None), ("s1", 1, None), ("s2", 1, None), ("s5", 1, None)]
    there = [("s0", 1, None), ("s2", 1, None), ("new", 1, None)]
    found = agreement(first, second, at, there)
    assert [(one.first_row, one.second_row, one.before, one.after) for one in found.changes] == [
        (0, 0, "A", "B"),
        (2, 3, "B", "A"),
    ]
    assert (found.common, found.only_first, found.only_second) == (2, 2, 1)
    assert [one.second_row for one in of_cell(found.changes, "A", "B")] == [0]
    assert of_cell(found.changes, "C", "") == []


def test_the_pivot_has_the_mean_of_each_module_on_each_dataset() -> None:
    runs = [
        run(f"{module}{dataset}{index}", {"balanced": value}, module=module, input={"name": dataset})
        for module, dataset, index, value in (
            ("rdf", "x", 0, 0.5),
            ("rdf", "x", 1, 0.7),
            ("rdf", "y", 0, 0.9),
            ("som", "x", 0, 0.4),
        )
    ]
    found = pivot(runs, metric_rows(runs))
    assert found is not None
    cells = found.to_json()["cells"]
    assert [[cell["mean"] for cell in line] for line in cells] == [[pytest.approx(0.6), 0.9], [0.4, None]]
    assert pivot(runs[:2], metric_rows(runs[:2])) is None


def test_tables_keep_digits_and_escape_what_is_hostile() -> None:
    runs = [run("a", {"balanced": 0.123456789}, label="=cmd()"), run("b", label=r"50% & \input{x}_1")]
    rows = metric_rows(runs)
    _, ids, balanced = csv.reader(io.StringIO(csv_table(runs, rows)))
    assert ids == ["job", "", "a", "b"]
    assert balanced == ["balanced", "higher", "0.123456789", ""]
    assert "'=cmd()" in csv_table(runs, rows)
    latex = latex_table(runs, rows)
    assert r"50\% \& \textbackslash{}input\{x\}\_1" in latex
    assert r"Balanced accuracy & 0.1235 & -- \\" in latex

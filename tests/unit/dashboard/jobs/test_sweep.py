"""Which combinations of values are run."""

from __future__ import annotations

import pytest

from dashboard.base.errors import Invalid
from dashboard.jobs.request import JobRequest
from dashboard.jobs.submit.sweep import MOST_RUNS, combinations, requests_of


def test_a_grid_is_run_whole_the_last_parameter_first() -> None:
    assert combinations({"trees": [100, 300], "depth": [3, None]}) == [
        {"trees": 100, "depth": 3},
        {"trees": 100, "depth": None},
        {"trees": 300, "depth": 3},
        {"trees": 300, "depth": None},
    ]


def test_a_sample_is_drawn_without_repetition_and_the_same_again() -> None:
    values = {name: list(range(1000)) for name in "abcdef"}  # 10^18 combinations, which are not written out
    drawn = combinations(values, 20, seed=7)
    assert len({tuple(one.values()) for one in drawn}) == 20
    assert drawn == combinations(values, 20, seed=7)
    assert drawn != combinations(values, 20, seed=8)


def test_a_sample_of_more_than_there_are_is_the_grid() -> None:
    assert combinations({"trees": [1, 2]}, MOST_RUNS) == [{"trees": 1}, {"trees": 2}]


@pytest.mark.parametrize(
    ("values", "sample", "field", "told"),
    [
        ({}, None, "values", "name a parameter"),
        ({"trees": []}, None, "values.trees", "give values"),
        ({"trees": list(range(21))}, None, "values", "21 combinations are more than 20"),
        ({"trees": list(range(50))}, 30, "sample", "30 combinations are more than 20"),
    ],
)
def test_what_cannot_be_run_is_said(
    values: dict[str, list[int]], sample: int | None, field: str, told: str
) -> None:
    with pytest.raises(Invalid) as caught:
        combinations(values, sample)
    [error] = caught.value.errors
    assert error.field == field
    assert told in error.message


def test_each_request_says_what_it_tries() -> None:
    request = JobRequest("rdf", "d1", {"folds": 5, "trees": 1}, label="Be stars")
    made = requests_of(request, [{"trees": 100}, {"trees": 300}])
    assert [one.label for one in made] == ["Be stars: trees 100", "Be stars: trees 300"]
    assert [one.parameters for one in made] == [{"folds": 5, "trees": 100}, {"folds": 5, "trees": 300}]

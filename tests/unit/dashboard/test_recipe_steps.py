"""Steps of a recipe as pages show them."""

from __future__ import annotations

import pytest

from dashboard.reports.recipe_steps import recipe_steps
from spectra import Recipe
from spectra.steps.presets import PRESETS

HALPHA = {"schema": 1, "steps": [{"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}]}


def test_steps_have_titles_units_and_no_parameters_without_a_value() -> None:
    complete = Recipe.from_json(HALPHA).to_json()
    assert complete["steps"][0]["spacing"] is None  # every parameter is in a model's card
    assert recipe_steps(complete) == [
        {
            "title": "Resample",
            "facts": ["From 6519 Å", "To 6732 Å", "Points 140", "Sampling linear", "Method linear"],
        }
    ]


def test_what_a_module_wrote_as_its_recipe_may_be_anything() -> None:
    assert recipe_steps(None) == recipe_steps({"steps": 3}) == recipe_steps({"steps": [1]}) == []
    own = {"steps": [{"step": "fold_twice", "on": True, "at": [1, 2.5, 3, 4], "none": None}]}
    assert recipe_steps(own) == [{"title": "fold twice", "facts": ["on yes", "at 1, 2.5, 3, … (4 values)"]}]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets_are_recipes_that_say_a_range_once(preset) -> None:
    Recipe.from_json({"schema": 1, "steps": list(preset.steps)})
    names = {step["step"] for step in preset.steps}
    assert names.isdisjoint(preset.without)
    assert "resample" not in names or "cutout" in preset.without

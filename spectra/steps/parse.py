"""Parses the JSON of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spectra.steps import STEPS
from spectra.steps.order import check_order
from spectra.steps.step import RecipeError, Step

SCHEMA = 1
MOST_STEPS = 100


def make_steps(obj: Any) -> list[Step]:
    """Return the steps of a recipe's JSON.

    Raises
    ------
    RecipeError
        It is nonsense: an unknown step, a parameter that is unknown, missing or out of range, an order that
        cannot work.
    """
    if not isinstance(obj, Mapping) or not isinstance(obj.get("steps"), list):
        raise RecipeError("", None, 'a recipe is an object {"schema": 1, "steps": […]}')
    if obj.get("schema", SCHEMA) != SCHEMA:
        raise RecipeError("", None, f"its schema is {obj['schema']!r}, this version knows {SCHEMA}")
    unknown = sorted(map(str, set(obj) - {"schema", "steps"}))
    if unknown:
        raise RecipeError("", None, f"a recipe has no key {unknown[0]!r}; it has schema and steps")
    entries = obj["steps"]
    if len(entries) > MOST_STEPS:
        raise RecipeError("", None, f"it has {len(entries)} steps, at most {MOST_STEPS} are possible")
    steps = [_make_step(index, entry) for index, entry in enumerate(entries)]
    check_order(steps)
    return steps


def _make_step(index: int, entry: Any) -> Step:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("step"), str):
        raise RecipeError("", None, 'a step is an object {"step": name, parameter: value, …}', index)
    name = entry["step"]
    if name not in STEPS:
        raise RecipeError(name, None, f"there is no such step; there are {', '.join(STEPS)}", index)
    try:
        return STEPS[name](**{str(key): value for key, value in entry.items() if key != "step"})
    except RecipeError as error:
        raise error.at(index) from None

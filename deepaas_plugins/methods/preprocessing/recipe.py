"""The one place where the parameters of preprocessing become steps of a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.preprocessing.parameters import REDUCTIONS

Json = dict[str, Any]
Steps = list[Json]


def with_parameters(recipe: Mapping[str, Any], params: Mapping[str, Any]) -> Json:
    """Return the recipe with the steps that the parameters ask for instead of its own of that kind.

    Raises
    ------
    InvalidInput
        A grid is asked for in part and the recipe has none to take the rest from.
    """
    steps: Steps = [dict(step) for step in recipe.get("steps", [])]
    steps = _rebinned(steps, params)
    if params["normalisation"] != "recipe":
        wanted = (
            []
            if params["normalisation"] == "none"
            else [{"step": "scale", "method": params["normalisation"]}]
        )
        steps = _replaced(steps, wanted, lambda step: step["step"] == "scale", after="resample")
    if params["percentile"] is not None:
        wanted = [{"step": "feature_selection", "percentile": params["percentile"]}]
        steps = _replaced(steps, wanted, lambda step: step["step"] == "feature_selection")
    if params["reduction"] != "recipe":
        kind = params["reduction"]
        wanted = [] if kind == "none" else [{"step": kind, "components": params["components"]}]
        steps = _replaced(steps, wanted, lambda step: step["step"] in REDUCTIONS)
    return {"schema": 1, "steps": steps}


def _rebinned(steps: Steps, params: Mapping[str, Any]) -> Steps:
    given = {name: params[name] for name in ("minimum", "maximum", "points") if params[name] is not None}
    if not given:
        return steps
    old = next((step for step in reversed(steps) if step["step"] == "resample"), {})
    grid = {name: given.get(name, old.get(name)) for name in ("minimum", "maximum", "points")}
    if missing := [name for name, value in grid.items() if value is None]:
        raise InvalidInput(f"Parameter {missing[0]} is missing: a grid takes minimum, maximum and points.")
    wanted = [
        {"step": "cutout", "minimum": grid["minimum"], "maximum": grid["maximum"]},
        {"step": "resample", "method": old.get("method", "linear"), **grid},
    ]
    return _replaced(steps, wanted, lambda step: step["step"] in {"cutout", "resample"})


def _replaced(steps: Steps, wanted: Steps, belongs: Callable[[Json], bool], after: str = "") -> Steps:
    """Put steps at the place of the first that they replace; else after the step `after`, else at the end."""
    places = [place for place, step in enumerate(steps) if belongs(step)]
    kept = [step for step in steps if not belongs(step)]
    if places:
        place = places[0]
    else:
        behind = [place + 1 for place, step in enumerate(kept) if step["step"] == after]
        place = behind[-1] if behind else len(kept)
    return kept[:place] + wanted + kept[place:]

"""In which step a recipe differs from that of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spectra.steps.parse import make_steps


def recipe_difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Return the first difference of a recipe from a model's.

    Parameters
    ----------
    ours, theirs : mapping
        Recipes as JSON; the model's is the second.

    Returns
    -------
    str
        Empty where all steps and parameters are the same, defaults filled in.

    Raises
    ------
    RecipeError
        One is no recipe.
    """
    steps, models = ([step.to_json() for step in make_steps(each)] for each in (ours, theirs))
    for number, (step, model) in enumerate(zip(steps, models, strict=False), 1):
        if step["step"] != model["step"]:
            return f"step {number} is {step['step']}, the model's is {model['step']}"
        for name in dict.fromkeys([*step, *model]):
            if step.get(name) != model.get(name):
                return (
                    f"step {number} ({step['step']}) has {name} = {step.get(name)!r}, the model's has "
                    f"{model.get(name)!r}"
                )
    if len(steps) > len(models):
        return f"step {len(models) + 1} ({steps[len(models)]['step']}) is not in the model's"
    if len(models) > len(steps):
        return f"step {len(steps) + 1} ({models[len(steps)]['step']}) of the model's is missing"
    return ""

"""The steps of a recipe for people: titles, and the values that are set, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spectra import describe_steps

LONGEST_LIST = 3  # numbers of a list that are written out


def recipe_steps(recipe: object) -> list[dict[str, Any]]:
    """Return the steps of a recipe as a page shows them.

    Parameters
    ----------
    recipe : object
        Of a model's card, which a module wrote: it may be anything.

    Returns
    -------
    list of dict
        ``{"title", "facts": ["From 6519 Å", …]}`` each; parameters without a value are left out.
    """
    steps = recipe.get("steps") if isinstance(recipe, Mapping) else None
    described = {step["step"]: step for step in describe_steps()}
    return [
        _shown(step, described.get(str(step.get("step")), {}))
        for step in (steps if isinstance(steps, list) else [])
        if isinstance(step, Mapping)
    ]


def _shown(step: Mapping[str, Any], described: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {one["name"]: one for one in described.get("parameters", ())}
    values = [
        _value(value, parameters.get(name, {"name": name}))
        for name, value in step.items()
        if name != "step" and value is not None
    ]
    return {"title": described.get("title") or str(step.get("step", "")).replace("_", " "), "facts": values}


def _value(value: object, parameter: Mapping[str, Any]) -> str:
    title = parameter.get("title") or str(parameter["name"]).replace("_", " ")
    unit = f" {parameter['unit']}" if parameter.get("unit") else ""
    return f"{title} {_text(value)}{unit}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        first = ", ".join(_text(one) for one in value[:LONGEST_LIST])
        return first if len(value) <= LONGEST_LIST else f"{first}, … ({len(value)} values)"
    return str(value)

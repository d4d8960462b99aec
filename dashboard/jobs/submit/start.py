"""Whether a training can start from a model: what must agree, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.base.errors import FieldError
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.models.model import Model
from jobfolder.label_classes import class_difference
from spectra import RecipeError, recipe_difference

FIELD = "start"


def kept_parameters(description: Mapping[str, Any], start: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters, with those of the start model where they must agree and none is given.

    Parameters
    ----------
    description : mapping
        Of the module; ``start`` has the names of parameters that must agree, under ``kept``.
    start : Model
        The model.
    given : mapping
        Parameters of the request.

    Returns
    -------
    dict
        Not validated.
    """
    known = start.card.get("parameters") or {}
    kept = (description.get("start") or {}).get("kept", ())
    return {**given, **{name: known[name] for name in kept if name in known and given.get(name) is None}}


def start_errors(
    start: Model,
    description: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    module: str,
    recipe: Mapping[str, Any] | None,
    dataset: JobDataset | None,
) -> list[FieldError]:
    """Return why a training cannot start from a model.

    Parameters
    ----------
    start : Model
        The model.
    description : mapping
        Of the module that trains.
    parameters : mapping
        Complete.
    module : str
        Its name.
    recipe : mapping or None
        As the request gives it; None: the model's is used.
    dataset : JobDataset or None
        What it trains on, without the classes that are left out.

    Returns
    -------
    list of FieldError
        For ``start``; empty where it can. What a feature set was prepared by is known to the job only.
    """
    if description.get("start") is None:
        return [FieldError(FIELD, "This module cannot start from a model: choose none.")]
    if start.module != module:
        return [FieldError(FIELD, f"The model was made by the module {start.module}, not by {module}.")]
    known = start.card.get("parameters") or {}
    told = [
        f"The model was trained with {name} = {known[name]!r}, not {parameters.get(name)!r}."
        for name in description["start"].get("kept", ())
        if name in known and parameters.get(name) != known[name]
    ]
    if recipe is not None and (dataset is None or dataset.input.kind == "spectra"):
        difference = _recipe_difference(recipe, start.card.get("recipe") or {})
        if difference:
            told.append(f"The recipe is not the model's: {difference}.")
    if dataset is not None and description.get("needs_labels") and start.classes is not None:
        difference = class_difference(dataset.classes, start.classes)
        if difference:
            told.append(f"The model is of other classes: {difference}.")
    return [FieldError(FIELD, " ".join(told))] if told else []


def _recipe_difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    try:
        return recipe_difference(ours, theirs)
    except RecipeError:
        return ""  # what is wrong with it is told at its own field

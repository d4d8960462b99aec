"""What is wrong with the parts of a request that every kind of job has: texts, dataset, recipe, retries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.base.errors import FieldError
from dashboard.base.untrusted_folder import readable
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.jobs.request import JobRequest
from dashboard.jobs.retry_policy import RetryPolicy
from spectra import Recipe, RecipeError

LABEL_LENGTH = 200
NOTE_LENGTH = 20_000


def retry_of(request: JobRequest, errors: list[FieldError]) -> dict[str, Any] | None:
    """Return what is asked for about trying again; what is wrong with it goes into `errors`."""
    try:
        policy = RetryPolicy.from_json(request.retry)
    except ValueError as error:
        errors.append(FieldError("retry", f"{error}."))
        return None
    return policy.to_json() if policy else None


def text_errors(request: JobRequest) -> list[FieldError]:
    """Return what is wrong with the texts for people."""
    limits = (("label", request.label, LABEL_LENGTH), ("note", request.note, NOTE_LENGTH))
    return [
        FieldError(name, f"Must have at most {most} letters, and none that cannot be shown.")
        for name, text, most in limits
        if len(text) > most or readable(text) != text
    ]


def dataset_errors(name: str, dataset: JobDataset | None, labels: bool) -> list[FieldError]:
    """Return why a dataset cannot be used by a job.

    Parameters
    ----------
    name : str
        The id that the request gives; empty: none was chosen.
    dataset : JobDataset or None
        The dataset, or None where there is none of that id.
    labels : bool
        Whether the module needs labels.

    Returns
    -------
    list of FieldError
        For the field ``dataset``; empty where it can be used.
    """
    if dataset is None:
        said = f"There is no dataset {name}; it may have been deleted." if name else "Choose a dataset."
        return [FieldError("dataset", said)]
    if dataset.state != "ready":
        why = f": {dataset.reason}" if dataset.reason else ""
        return [FieldError("dataset", f"It is not ready to be used ({dataset.state}{why}).")]
    if not dataset.input.count:
        return [FieldError("dataset", "It holds no spectrum that can be read.")]
    if labels and len(dataset.classes) < 2:
        has = f"has one class only ({next(iter(dataset.classes))})" if dataset.classes else "has no labels"
        return [
            FieldError(
                "dataset", f"This module learns from labels, and the dataset {has}: add labels by CSV."
            )
        ]
    return []


def no_dataset_errors(request: JobRequest) -> list[FieldError]:
    """Return what is wrong with a request of a module that makes its spectra: they come from nowhere else."""
    said = "This module makes its spectra: choose none."
    given = {
        "dataset": request.dataset,
        "excluded": request.excluded,
        "label_version": request.label_version,
    }
    return [FieldError(name, said) for name, value in given.items() if value]


def recipe_errors(recipe: Mapping[str, Any] | None) -> list[FieldError]:
    """Return what is wrong with a recipe; empty where there is none."""
    if recipe is None:
        return []
    try:
        Recipe.from_json(dict(recipe))
    except RecipeError as error:
        field = ".".join(part for part in ("recipe", error.step, error.parameter) if part)
        return [FieldError(field, error.reason)]
    return []

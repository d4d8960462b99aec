"""Trainings of third-party modules: which argument takes a dataset, and whether one is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.base.errors import FieldError
from dashboard.data.dataset import DatasetState
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.jobs.request import JobInput

#: Stands in an argument for the path of the dataset in the container.
DATASET = "{dataset}"

#: The input of a job without a dataset.
NOTHING = JobInput("none", "", None, synthetic=False, count=0)
#: The input of a job of a module that makes its spectra.
MADE = JobInput("none", "", None, synthetic=True, count=0)

Parameter = Mapping[str, Any]


def is_third_party(description: Mapping[str, Any] | None) -> bool:
    """Whether a description is of a module that is not in our contract."""
    return description is not None and description.get("kind") == "deepaas"


def data_parameters(description: Mapping[str, Any]) -> list[Parameter]:
    """Return the arguments of ``train`` that take files or folders of a dataset."""
    return [parameter for parameter in description["train"] if parameter.get("data")]


def with_dataset(description: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments in which one takes the dataset: the first that can, unless one names it.

    Parameters
    ----------
    description : mapping
        Of the module.
    given : mapping
        Arguments as they were given; `DATASET` in one of them names the dataset.

    Returns
    -------
    dict
        The arguments.
    """
    if any(DATASET in str(value) for value in given.values()):
        return dict(given)
    able = data_parameters(description)
    # One that must be given and is not, before one that has a default.
    able.sort(key=lambda one: not one.get("required"))
    for parameter in able:
        value = given.get(str(parameter["name"]))
        if value in (None, "", []) or value == parameter.get("default"):
            filled = [DATASET] if parameter["type"] == "array" else DATASET
            return {**given, str(parameter["name"]): filled}
    return dict(given)


def third_party_errors(
    description: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    asked: str,
    dataset: JobDataset | None,
    excluded: Sequence[str],
    start: str,
) -> list[FieldError]:
    """Return what is wrong with the input of a training of a third-party module.

    Parameters
    ----------
    description : mapping
        Of the module.
    parameters : mapping
        Its arguments, after `with_dataset`.
    asked : str
        Id of the dataset that the request names; empty: none.
    dataset : JobDataset or None
        It; None where there is none.
    excluded, start
        As the request has them: neither is known to such a module.

    Returns
    -------
    list of FieldError
        For ``module``, ``dataset``, ``excluded`` and ``start``.
    """
    errors = []
    if not description.get("trains", True):
        errors.append(FieldError("module", "This module does not train: deploy it as it is."))
    if excluded:
        errors.append(FieldError("excluded", "This module comes from elsewhere and does not know classes."))
    if start:
        errors.append(FieldError("start", "This module comes from elsewhere and starts from no model."))
    if dataset is not None and dataset.state is not DatasetState.READY:
        why = f": {dataset.reason}" if dataset.reason else ""
        errors.append(FieldError("dataset", f"It is not ready to be used ({dataset.state}{why})."))
    able = data_parameters(description)
    names = ", ".join(str(one["name"]) for one in able)
    if asked and dataset is None:
        errors.append(FieldError("dataset", f"There is no dataset {asked}; it may have been deleted."))
    elif asked and not able:
        errors.append(FieldError("dataset", "This module has no argument that takes a dataset: choose none."))
    elif not asked and any(DATASET in str(value) for value in parameters.values()):
        errors.append(FieldError("dataset", f"An argument names {DATASET}: choose a dataset."))
    elif not asked and any(one["type"] == "file" and one.get("required") for one in able):
        errors.append(FieldError("dataset", f"Choose a dataset: its files are the argument {names}."))
    return errors

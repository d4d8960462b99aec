"""Classes and objects of a training set: what a method cannot learn from, and what the person should know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.base.errors import FieldError
from dashboard.data.dataset import Kind, ObjectCounts
from dashboard.jobs.folder.inputs import JobDataset

SHOWN = 4  # classes that a message names
UNLABELLED = ""  # how a request names the spectra without a class


def excluding(dataset: JobDataset, excluded: Sequence[str]) -> JobDataset:
    """Return a dataset without the spectra of some classes.

    Parameters
    ----------
    dataset : JobDataset
        The whole dataset.
    excluded : sequence of str
        Classes to leave out; empty text: the spectra without a class.

    Returns
    -------
    JobDataset
        With the classes and the count that are left.
    """
    if not excluded:
        return dataset
    out = dict.fromkeys(excluded)
    classes = {name: count for name, count in dataset.classes.items() if name not in out}
    gone = sum(count for name, count in dataset.classes.items() if name in out)
    if UNLABELLED in out:
        gone += dataset.input.count - sum(dataset.classes.values())
    told = replace(dataset.input, count=dataset.input.count - gone, excluded=tuple(out))
    return replace(dataset, classes=classes, input=told)


def exclusion_errors(dataset: JobDataset, excluded: Sequence[str]) -> list[FieldError]:
    """Return why classes cannot be left out of a training.

    Parameters
    ----------
    dataset : JobDataset
        The whole dataset.
    excluded : sequence of str
        As `excluding` takes them.

    Returns
    -------
    list of FieldError
        For the field ``excluded``; empty where they can.
    """
    if not excluded:
        return []
    if dataset.input.kind == Kind.FEATURES:
        return [FieldError("excluded", "A feature set is used whole: classes of it cannot be left out.")]
    unknown = [name for name in excluded if name != UNLABELLED and name not in dataset.classes]
    if unknown:
        there = _named(dataset.classes) or "none"
        return [FieldError("excluded", f"The dataset has no class {unknown[0]}; its classes: {there}.")]
    if excluding(dataset, excluded).input.count <= 0:
        return [FieldError("excluded", "No spectrum is left: include at least one class.")]
    return []


def number_errors(
    description: Mapping[str, Any], parameters: Mapping[str, Any], dataset: JobDataset
) -> list[FieldError]:
    """Return why labels that must be numbers are none.

    Parameters
    ----------
    description : Mapping
        Of the module; ``number_labels`` has the values of parameters that make it learn numbers.
    parameters : Mapping
        The module's, complete.
    dataset : JobDataset
        What it learns from.

    Returns
    -------
    list of FieldError
        For the parameter that asks for numbers; empty where all labels are numbers, or need not be.
    """
    asked = description.get("number_labels") or {}
    names = [name for name, values in asked.items() if parameters.get(name) in values]
    if not names:
        return []
    wrong = {label: count for label, count in dataset.classes.items() if not _is_number(label)}
    if not wrong:
        return []
    value = parameters[names[0]]
    why = (
        f"With {value}, labels must be numbers, and {sum(wrong.values())} of the spectra have others: "
        f"{_named(wrong)}. Choose another value, exclude these classes, or upload labels that are numbers."
    )
    return [FieldError(f"parameters.{names[0]}", why)]


def object_notes(objects: ObjectCounts) -> list[str]:
    """Return what a person should know of objects with several spectra before a split by object.

    Parameters
    ----------
    objects : ObjectCounts
        Of the dataset.

    Returns
    -------
    list of str
        Sentences; empty where each spectrum has an object of its own.
    """
    notes = []
    if objects.repeated:
        several = f"{objects.repeated} object{'s' if objects.repeated > 1 else ''}"
        notes.append(
            f"{objects.in_repeated} spectra show {several} of which there is more than one. "
            "Training and test data are split by object: all spectra of one are on one side."
        )
    if objects.copies:
        notes.append(
            f"{objects.copies} files have the same content as another file: "
            "a copy in the test data makes the metrics look better than they are."
        )
    if objects.unnamed:
        same = (
            f" {objects.in_same_name} of them share their name with another spectrum."
            if objects.in_same_name
            else ""
        )
        notes.append(
            f"{objects.unnamed} of {objects.spectra} spectra do not name their object, and each counts as an "
            f"object of its own.{same} If several show one star, it may be in training and in test data: "
            "name the objects by a column object of the labels."
        )
    return notes


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False


def _named(classes: Mapping[str, int]) -> str:
    """Return the first classes with their counts."""
    first = [f"{name} ({count})" for name, count in list(classes.items())[:SHOWN]]
    return ", ".join(first) + (", …" if len(classes) > SHOWN else "")

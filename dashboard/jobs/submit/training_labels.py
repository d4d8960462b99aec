"""Classes and objects of a training set: what a method cannot learn from, and what the person should know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.base.errors import FieldError
from dashboard.data.dataset import Kind, ObjectCounts, TrainingObjects
from dashboard.jobs.folder.job_dataset import JobDataset
from jobfolder import label_numbers

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
        Of the module; ``number_labels`` has the values of parameters that make it learn numbers, and
        ``named_numbers`` says whether there may be several.
    parameters : Mapping
        The module's, complete.
    dataset : JobDataset
        What it learns from.

    Returns
    -------
    list of FieldError
        For the parameter that asks for numbers; empty where all labels are numbers, or need not be.
    """
    named = bool(description.get("named_numbers"))
    if named and not description.get("number_labels"):
        return _named_number_errors(dataset)
    names = _asking(description.get("number_labels"), parameters)
    if not names:
        return []
    is_good = _has_numbers if named else _is_number
    wrong = {label: count for label, count in dataset.classes.items() if not is_good(label)}
    if not wrong:
        return []
    value = parameters[names[0]]
    why = (
        f"With {value}, labels must be numbers, and {sum(wrong.values())} of the spectra have others: "
        f"{_named(wrong)}. Choose another value, exclude these classes, or upload labels that are numbers."
    )
    return [FieldError(f"parameters.{names[0]}", why)]


def _asking(asked: Mapping[str, Sequence[str]] | None, parameters: Mapping[str, Any]) -> list[str]:
    """Return the parameters that are at one of the values named of them."""
    return [name for name, values in (asked or {}).items() if parameters.get(name) in values]


def _named_number_errors(dataset: JobDataset) -> list[FieldError]:
    """Return why labels such as ``teff=5780; logg=4.44`` cannot be learned."""
    wrong: dict[str, int] = {}
    first, names, most = "", set[str](), set[str]()
    for label, count in dataset.classes.items():
        try:
            known = set(label_numbers.parse(label))
        except ValueError as error:
            wrong[label], first = count, first or f"{label!r} {error}"
            continue
        names |= known
        most = max(most, known, key=len)
    if wrong:
        why = f"Labels must be numbers, and {sum(wrong.values())} of the spectra have others: {first}."
        return [FieldError("dataset", f"{why} Exclude these, or upload labels that are numbers.")]
    if dataset.classes and (not names or most != names):
        lacking = f": none has {', '.join(sorted(names - most))} beside {', '.join(sorted(most))}"
        told = f"No spectrum has every value that is to be learned{lacking if most else ''}."
        return [FieldError("dataset", told)]
    return []


def object_errors(
    description: Mapping[str, Any], parameters: Mapping[str, Any], objects: TrainingObjects
) -> list[FieldError]:
    """Return why there are too few objects to learn from and to be judged by.

    Parameters
    ----------
    description : Mapping
        Of the module; ``class_labels`` has the values of parameters with which labels are classes.
    parameters : Mapping
        The module's, complete.
    objects : TrainingObjects
        Of the labelled spectra; none where they are not known.

    Returns
    -------
    list of FieldError
        For ``dataset`` and ``parameters.folds``; empty where there are enough.
    """
    if not objects.count:
        return []
    if objects.count == 1:
        why = "All labelled spectra are of one object: a model is judged by objects that it has not seen."
        return [FieldError("dataset", f"{why} If they are several, name them by a column object.")]
    errors = []
    if objects.single and _asking(description.get("class_labels"), parameters):
        named = ", ".join(objects.single[:SHOWN]) + (", …" if len(objects.single) > SHOWN else "")
        several = len(objects.single) > 1
        why = f"{'Classes' if several else 'Class'} {named} {'have' if several else 'has'} one object only"
        errors.append(
            FieldError(
                "dataset", f"{why}; a class needs two. Exclude {'them' if several else 'it'}, or add objects."
            )
        )
    folds = parameters.get("folds")
    if isinstance(folds, int) and folds > objects.count:
        why = f"There are {objects.count} labelled objects, fewer than the {folds} folds: use fewer folds."
        errors.append(FieldError("parameters.folds", why))
    return errors


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


def _has_numbers(label: str) -> bool:
    """Return whether a label is a number or several with names, of which all may be missing."""
    try:
        label_numbers.parse(label)
    except ValueError:
        return False
    return True


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False


def _named(classes: Mapping[str, int]) -> str:
    """Return the first classes with their counts."""
    first = [f"{name} ({count})" for name, count in list(classes.items())[:SHOWN]]
    return ", ".join(first) + (", …" if len(classes) > SHOWN else "")

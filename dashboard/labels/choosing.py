"""The label set in which spectra of a dataset are labelled when somebody just says "label these"."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, labels
from dashboard.base.errors import FieldError, Invalid
from dashboard.data.dataset import Dataset
from dashboard.labels.label_set import LabelSet
from dashboard.labels.service import LabelService

LOOKED_AT = 50  # label sets of a dataset


async def label_set_for(
    service: LabelService,
    dataset: Dataset,
    identity: Identity,
    *,
    label_set: str = "",
    classes: Sequence[str] = (),
) -> LabelSet:
    """Return the label set that is named, else the newest that the identity may label in, else a new one.

    Parameters
    ----------
    service : LabelService
        Of the label sets.
    dataset : Dataset
        Whose spectra are to be labelled.
    identity : Identity
        Who labels.
    label_set : str
        Id of one; empty: not said.
    classes : sequence of str
        Of a new one, which is then made in any case; empty: those of the dataset.

    Raises
    ------
    Invalid
        If the label set is of another dataset, or a new one would have no classes.
    NotFound, Denied
        If the identity may not see the label set that is named; if it may not label in it.
    """
    if label_set:
        found = await service.get(label_set, identity, Action.LABEL)
        if found.dataset != dataset.id:
            reason = f"{found.name} labels spectra of {found.dataset_name}, not of {dataset.name}"
            raise Invalid(f"No queue is made: {reason}.", [FieldError("label_set", reason)])
        return found
    if not classes:
        known = await service.store.search(dataset=dataset.id, size=LOOKED_AT, identity=identity)
        for one in known.items:
            if labels(identity, one.ownership):
                return one
    if not classes and not dataset.classes:
        reason = "the dataset has none: make a label set for it first, on the page Labels"
        raise Invalid(f"No queue is made without classes: {reason}.", [FieldError("classes", reason)])
    wanted = list(classes) or sorted(dataset.classes)
    return await service.create(f"Labels of {dataset.name}"[:200], dataset.id, wanted, identity)

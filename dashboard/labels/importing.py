"""Adds a table of labels to a label set."""

from __future__ import annotations

import asyncio

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.data.store.spectra import SpectrumRows
from dashboard.labels.event import Appended
from dashboard.labels.service import LabelService
from dashboard.labels.table import SHOWN, events_of, names_of, read_table

AT_ONCE = 2000  # events in one transaction


async def import_table(
    service: LabelService,
    rows: SpectrumRows,
    label_set: str,
    text: str,
    identity: Identity,
    *,
    partial: bool = False,
) -> tuple[Appended, list[FieldError]]:
    """Add the labels of a CSV; the same table counts once.

    Parameters
    ----------
    service : LabelService
        Of the label sets.
    rows : SpectrumRows
        Of the datasets.
    label_set : str
        Where to.
    text : str
        The table, as `dashboard.labels.table` reads it.
    identity : Identity
        Who says so.
    partial : bool
        Whether right lines count although others are wrong.

    Returns
    -------
    Appended, list of FieldError
        What became of the events, and the lines that were not used.

    Raises
    ------
    Invalid
        If it is no such table, or (without `partial`) a line is wrong: then nothing is stored.
    NotFound, Denied
        If the identity may not see the label set; if it may not label in it.
    """
    found = await service.get(label_set, identity, Action.LABEL)
    lines = await asyncio.to_thread(read_table, text)
    wanted = {line.called for line in lines.lines}
    names = await names_of(rows.all(found.dataset), wanted) if lines.named else {}
    dataset = await service.spectra.dataset(found.dataset)
    events, errors = events_of(lines, names, found.classes, dataset.count if dataset else 0)
    if errors and not partial:
        first = "; ".join(f"{error.field}: {error.message}" for error in errors[:SHOWN])
        raise Invalid(
            f"{len(errors)} of {len(lines.lines)} lines cannot be used: {first}. Nothing was stored; "
            "correct them, or ask with partial=true to use the others.",
            errors[:SHOWN],
        )
    stored: list[str] = []
    known: list[str] = []
    for start in range(0, len(events), AT_ONCE):
        done = await service.append(found.id, events[start : start + AT_ONCE], identity)
        stored += done.stored
        known += done.known
        errors += [FieldError(one.key, one.reason) for one in done.rejected]
    return Appended(tuple(stored), tuple(known), ()), errors

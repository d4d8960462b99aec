"""What models say of spectra in queues: contradictions with labels, and with each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboard.base.errors import Conflict
from dashboard.data.isolated.predictions import PredictedRow
from dashboard.labels.queue import QueueRow


def contradicted(predicted: dict[int, PredictedRow], known: dict[int, str]) -> list[QueueRow]:
    """Return labelled spectra of which a model says something else, the most confident contradiction first.

    Parameters
    ----------
    predicted : dict
        Number of a spectrum to what the model says.
    known : dict
        Number of a labelled spectrum to its class.

    Raises
    ------
    Conflict
        If there is none.
    """
    wrong = [
        (number, one)
        for number, one in predicted.items()
        if number in known and one.label and one.label != known[number]
    ]
    if not wrong:
        raise Conflict("The model contradicts no label of the label set.")
    wrong.sort(key=lambda each: -chance(each[1]))
    return [QueueRow(number, _opinion(one)) for number, one in wrong]


def _opinion(one: PredictedRow) -> dict[str, Any]:
    chances = {} if one.probability is None else {str(one.label): one.probability}
    return {"label": one.label, "probabilities": chances}


def told(job: str, one: PredictedRow) -> dict[str, Any]:
    """Return what one of several models says, as the label page shows it."""
    return {"job": job, "label": one.label, "probability": one.probability}


def chance(one: PredictedRow) -> float:
    """Return the probability of the predicted class; 0 where the model gives none."""
    return one.probability or 0.0


def require_common(predicted: dict[int, PredictedRow], classes: Iterable[str | None], whose: str) -> None:
    """Raise where a model and what it is compared with have no class in common.

    Parameters
    ----------
    predicted : dict
        Number of a spectrum to what the model says.
    classes : iterable of str or None
        Of the other side.
    whose : str
        Which other side, for the message.

    Raises
    ------
    Conflict
        If nothing can be compared.
    """
    said, known = {one.label for one in predicted.values()} - {None}, set(classes) - {None}
    if not said:
        raise Conflict("The job predicts no classes.")
    if not said & known:
        mine, others = (", ".join(sorted(map(str, each))[:5]) for each in (said, known))
        raise Conflict(f"The model predicts {mine}; {whose} has {others}: nothing can be compared.")

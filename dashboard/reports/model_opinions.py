"""What models say of spectra in queues: contradictions with labels, and with each other."""

from __future__ import annotations

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

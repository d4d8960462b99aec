"""What a split that ignores objects would have claimed, beside the score by object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.validation import instruments
from deepaas_plugins.pipeline.validation.instruments import InstrumentScore
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.objects import EVIDENCE, Objects
from deepaas_plugins.pipeline.validation.scores import Score
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]
#: From the folds to the prediction for each labelled row: class numbers or values, shape (rows,).
Predict = Callable[[list[Split]], npt.NDArray[Any]]

#: Pairs of suspected duplicates in the report.
SHOWN = 200


def report(
    data: Labelled,
    learn: IntArray,
    by_object: npt.NDArray[Any],
    predict: Predict | None,
    *,
    score: Score,
    count: int,
    seed: int,
    features: FeatureSet,
    run: Run,
    parts: list[Split] | None = None,
) -> None:
    """Report the score by object and of a random split, objects, suspected duplicates, and instruments.

    Parameters
    ----------
    data : Labelled
        All labelled rows.
    learn : ndarray
        Those that are cross-validated, shape (n,).
    by_object : ndarray
        What was predicted in folds by object, shape (rows,).
    predict : Predict or None
        Cross-validates the method in given folds; None: the random split is not measured.
    score : Score
        What is compared.
    count, seed : int
        Of the folds.
    features : FeatureSet
        Names the rows.
    run : Run
        Takes metrics and views.
    parts : list of Split or None
        The folds by object, in which the instrument alone is judged too.

    Raises
    ------
    Cancelled
        If the run was asked to stop.
    """
    honest = score.of(by_object[learn], data.target[learn])
    objects = len(np.unique(data.objects.members[learn]))
    naive = honest if objects == len(learn) else None
    if naive is None and predict is not None:
        predicted = predict(data.folds(count, learn, seed, by_object=False))
        naive = score.of(predicted[learn], data.target[learn])
    listed: list[views.Value] = [
        _value(score.name, f"{score.title} by object", honest, score, "no object is on both sides of a fold")
    ]
    if naive is not None:
        run.metric(f"naive_{score.name}", naive)
        text = "spectra of one object are on both sides: what a split without objects would claim"
        listed.append(_value(f"naive_{score.name}", f"{score.title} of a random split", naive, score, text))
    for name, title, number, text in (
        ("objects", "Objects", objects, _evidence(data.objects)),
        ("suspected_duplicates", "Suspected duplicates", len(data.objects.suspected), "pairs of equal flux"),
    ):
        run.metric(name, number)
        listed.append({"name": name, "title": title, "value": float(number), "better": None, "help": text})
    note = f"{len(learn)} spectra of {objects} objects. {_verdict(score, honest, naive)}"
    if (alone := instruments.measure(data, parts or [], features)) is not None:
        run.metric("instrument_alone", alone.score)
        listed += _instruments(alone, classes=data.classes is not None)
        text = _telling(alone, classes=data.classes is not None)
        note += f" {text}"
        if alone.telling:
            run.log(text)
    run.report(views.metrics("leakage", "Score by object and by a random split", values=listed, note=note))
    if len(data.objects.suspected):
        run.report(_suspected(data, features))


def _instruments(alone: InstrumentScore, *, classes: bool) -> list[views.Value]:
    what = "Balanced accuracy" if classes else "Share of the variance that is explained"
    how = "as the files state it" if alone.stated else "told apart by their sampling, as no file states it"
    text = f"of {alone.instruments} instruments, {how}; objects weigh alike"
    score: views.Value = {
        "name": "instrument_alone",
        "title": f"{what} of the instrument alone",
        "value": alone.score,
        "better": None,
        "help": text,
    }
    chance: views.Value = {
        "name": "instrument_chance",
        "title": f"{what} of chance",
        "value": alone.chance,
        "better": None,
        "help": "what knowing nothing reaches",
    }
    return [score, chance]


def _telling(alone: InstrumentScore, *, classes: bool) -> str:
    what, each = ("the class", "classes") if classes else ("the value", "values")
    figures = f"{alone.score:.2f}, chance {alone.chance:.2f}"
    if alone.telling:
        return (
            f"The instrument alone predicts {what} ({figures}): the model may have learned instruments. "
            f"Judge it on one instrument, or add objects so that each has all {each}."
        )
    return f"The instrument alone does not predict {what} ({figures})."


def _value(name: str, title: str, value: float, score: Score, text: str) -> views.Value:
    return {"name": name, "title": title, "value": value, "better": score.better, "help": text}


def _evidence(objects: Objects) -> str:
    counts = np.bincount(objects.evidence, minlength=len(EVIDENCE))
    told = [
        f"{count} by {name}" for name, count in zip(EVIDENCE, counts, strict=True) if count and name != "none"
    ]
    told.reverse()
    if counts[0]:
        told.append(f"{counts[0]} taken for objects of their own")
    return "objects of spectra: " + ", ".join(told)


def _verdict(score: Score, honest: float, naive: float | None) -> str:
    if naive is None:
        return "The random split was not measured."
    if naive == honest:
        return "Both splits score alike."
    flatter = "flatter" if score.beats(naive, honest) else "not flatter"
    return f"A random split would {flatter} the model: {naive:.3g}, not {honest:.3g}."


def _suspected(data: Labelled, features: FeatureSet) -> views.View:
    names, members = features.names(), data.objects.members
    columns: Sequence[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "other", "title": "Looks like"},
        {"name": "object", "title": "Taken for"},
    ]
    rows = []
    for one, other in data.objects.suspected[:SHOWN]:
        verdict = "one object" if members[one] == members[other] else "two objects"
        rows.append([int(data.rows[one]), names[data.rows[one]], names[data.rows[other]], verdict])
    return views.table(
        "suspected-duplicates",
        f"Suspected duplicates ({len(data.objects.suspected)})",
        columns=columns,
        rows=rows,
        note="Pairs of equal or nearly equal flux that no group, designation or position joins. Where both "
        "have one of those, they stay two objects: check their groups.",
    )

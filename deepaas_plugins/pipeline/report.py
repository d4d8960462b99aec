"""The report of a prediction of a whole dataset: classes, confidence, the most and the least confident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.pipeline import classification

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from spectra import FeatureSet

#: Spectra of each class in the tables of the most and least confident; of all classes together at most MOST.
EACH, MOST = 20, 400
BARS = 40
#: Rows of the table of the first predictions, where there are no classes.
FIRST = 200
#: Numbers of a prediction that are followed over all rows.
MOST_NUMBERS = 32
#: What a value with a name has beside it in the tables.
OF_VALUE = ("sigma", "interval_low", "interval_high")

Floats = npt.NDArray[np.float32]


class Findings:
    """What is remembered of every row: a few numbers.

    Parameters
    ----------
    rows
        How many there will be.

    Attributes
    ----------
    classes
        In the order in which they came.
    label
        Number of the class of each row, -1 where there is none; shape (rows,).
    probability
        Of that class, NaN where there is none; shape (rows,).
    numbers
        Whatever other numbers the predictions hold, by name; shape (rows,) each, NaN where there is none.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.classes: list[str] = []
        self.label = np.full(rows, -1, dtype=np.int32)
        self.probability: Floats = np.full(rows, np.nan, dtype=np.float32)
        self.numbers: dict[str, Floats] = {}
        self._known: dict[str, int] = {}

    def add(self, first: int, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Take the (flat) predictions of the rows from `first` on."""
        for row, prediction in enumerate(predictions, first):
            for key, value in prediction.items():
                if key == "label" and value is not None:
                    self.label[row] = self._number(str(value))
                    share = prediction.get("probability", prediction.get(f"p_{value}"))
                    self.probability[row] = np.nan if share is None else share
                elif not key.startswith("p_") and isinstance(value, int | float):
                    self._of(key, row, value)

    def _number(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = len(self.classes)
            self.classes.append(name)
        return self._known[name]

    def _of(self, key: str, row: int, value: float) -> None:
        if key not in self.numbers:
            if len(self.numbers) >= MOST_NUMBERS:
                return
            self.numbers[key] = np.full(self.rows, np.nan, dtype=np.float32)
        self.numbers[key][row] = value


def report(run: Run, found: Findings, features: FeatureSet, order: Sequence[str] | None) -> None:
    """Report what every model's predictions have in common.

    Parameters
    ----------
    order
        The model's classes, as it names them, or None.
    """
    run.metric("spectra_predicted", found.rows)
    if found.classes:
        known = [name for name in order or () if name in found.classes]
        _classes(run, found, features, [*known, *(name for name in found.classes if name not in known)])
    else:
        named = [
            name.removesuffix("_interval_low") for name in found.numbers if name.endswith("_interval_low")
        ]
        if "value" in found.numbers:
            _values(run, found, features, ["value"])
        elif values := [name for name in named if name in found.numbers]:
            _values(run, found, features, values)


def _classes(run: Run, found: Findings, features: FeatureSet, classes: Sequence[str]) -> None:
    places = np.array([classes.index(name) for name in found.classes] or [0])
    label = np.where(found.label >= 0, places[found.label], -1).astype(np.int32)
    counts = np.bincount(label[label >= 0], minlength=len(classes))
    for name, count in zip(classes, counts, strict=True):
        run.metric(f"predicted:{name}", int(count))
    run.report(
        views.bars(
            "predicted",
            "Predicted classes",
            x_title="class",
            names=classes,
            marks=label,
            note="Click a bar for the spectra of the class. All predictions are in the files of this job.",
        )
    )
    if not np.isfinite(found.probability).any():
        return
    run.report(
        views.histogram(
            "confidence",
            "Probability of the predicted class",
            x_title="probability",
            values=found.probability,
            edges=np.linspace(0.0, 1.0, 21),
        )
    )
    known = np.nan_to_num(found.probability, nan=0.5)
    for view, title, sign, note in (
        (
            "most-confident",
            "Most confident predictions of each class",
            -1.0,
            "The highest probabilities first.",
        ),
        ("least-confident", "Least confident predictions of each class", 1.0, "Lowest probabilities first."),
    ):
        each = min(EACH, max(1, MOST // max(len(classes), 1)))
        rows = [
            _extreme(np.flatnonzero(label == number), sign * known, each) for number in range(len(classes))
        ]
        run.report(_spectra(view, title, np.concatenate(rows), found, features, note=note))


def _extreme(among: npt.NDArray[np.intp], values: Floats, count: int) -> npt.NDArray[np.intp]:
    """Return the rows of `among` with the smallest values, the smallest first, equal ones as they come."""
    if len(among) > count:
        limit = np.partition(values[among], count - 1)[count - 1]
        among = among[values[among] <= limit]
    return among[np.argsort(values[among], kind="stable")][:count]


def _spectra(
    view: str, title: str, rows: npt.NDArray[np.intp], found: Findings, features: FeatureSet, *, note: str
) -> views.View:
    batch = features.take(rows)
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "predicted", "title": "Predicted"},
        {"name": "probability", "title": "Probability"},
    ]
    labelled = any(batch.labels)
    if labelled:
        columns.append({"name": "label", "title": "Class in the dataset"})
    cells = [
        [int(row), name, found.classes[found.label[row]], float(found.probability[row])] + [label] * labelled
        for row, name, label in zip(rows, batch.names, batch.labels, strict=True)
    ]
    return views.table(view, title, columns=columns, rows=cells, note=note)


def _values(run: Run, found: Findings, features: FeatureSet, values: Sequence[str]) -> None:
    """Report the spread of each value, and the first predictions."""
    shown: list[str] = []
    for name in values:
        numbers = found.numbers[name]
        finite = numbers[np.isfinite(numbers)]
        if not len(finite):
            continue
        alone = name == "value"
        run.metric("value_median" if alone else f"median:{name}", float(np.median(finite)))
        view = "values" if alone else views.view_id("values", name)
        run.report(spread(view, "Predicted values" if alone else f"Predicted {name}", name, numbers))
        beside = ["spread", *OF_VALUE] if alone else [f"{name}_{tail}" for tail in OF_VALUE]
        shown += [name, *(other for other in beside if other in found.numbers)]
    if not shown:
        return
    rows = np.arange(min(found.rows, FIRST))
    batch = features.take(rows)
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
    ]
    columns += [{"name": name, "title": name.replace("_", " ").capitalize()} for name in shown]
    cells = [
        [int(row), name, *(float(found.numbers[key][row]) for key in shown)]
        for row, name in zip(rows, batch.names, strict=True)
    ]
    note = f"The first {len(rows)} of {found.rows}; all are in the files of this job."
    run.report(views.table("first", "Predictions", columns=columns, rows=cells, note=note))


def spread(view: str, title: str, x_title: str, values: Floats, note: str = "") -> views.View:
    """Return the histogram of numbers, from the smallest to the largest.

    Parameters
    ----------
    view : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    x_title : str
        Title of the axis, with the unit.
    values : ndarray
        Shape (rows,); what is not finite is in no bar.
    note : str
        A sentence below the heading.

    Returns
    -------
    views.View
        Of kind ``histogram``, with `BARS` bars.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BARS + 1)
    return views.histogram(view, title, x_title=x_title, values=values, edges=edges, note=note)


def judge(
    run: Run, found: Findings, features: FeatureSet, classes: Sequence[str] | None, *, trained_on: bool
) -> None:
    """Where the dataset has labels of the model's classes, say how well they were met, and what was missed.

    Parameters
    ----------
    trained_on
        Whether these are the spectra that the model was trained on: then it is no measure of its quality.
    """
    if classes is None or not found.classes:
        return
    true = classification.numbers(features.labels(), classes)
    if not np.any(true >= 0):
        return
    places = np.array([*(classes.index(name) if name in classes else -1 for name in found.classes), -1])
    predicted = places[found.label]
    split = "labels of this dataset"
    if trained_on:
        split += ", on which the model was trained: no measure of its quality"
    classification.report(run, classes, true, predicted, split=split)
    wrong = np.flatnonzero((true >= 0) & (predicted >= 0) & (true != predicted))
    if len(wrong):
        rows = _extreme(wrong, -np.nan_to_num(found.probability), classification.SHOWN)
        title = f"Other than the dataset says ({len(wrong)})"
        note = "Most confident errors first: wrong labels are often found here."
        run.report(_spectra("other", title, rows, found, features, note=note))

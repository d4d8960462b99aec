"""How well classes are predicted: the measures and views that every classifier reports alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

#: Rows of the tables of misclassified and uncertain spectra.
SHOWN = 200


def numbers(labels: Sequence[str | None], classes: Sequence[str]) -> IntArray:
    """Return the numbers of the classes of labels.

    Parameters
    ----------
    labels : sequence of str or None
        Label of each row, or None.
    classes : sequence of str
        The classes, in the order of their numbers.

    Returns
    -------
    ndarray
        Shape (rows,), int64; −1 where there is no label, or it is no class.
    """
    known = {name: number for number, name in enumerate(classes)}
    return np.array([-1 if label is None else known.get(label, -1) for label in labels], dtype=np.int64)


def report(
    run: Run, classes: Sequence[str], true: IntArray, predicted: IntArray, *, split: str, prefix: str = ""
) -> None:
    """Report accuracy, balanced accuracy, precision, recall and F1 of every class, and the confusion matrix.

    Parameters
    ----------
    true, predicted
        Shape (rows of the feature set,): class numbers, -1 where a row was not judged.
    split
        What was compared, for people: "cross-validation", "test set" …
    prefix
        Before the names of metrics and after those of views, where a run reports more than one split.
    """
    head, tail = (f"{prefix}_", f"-{prefix}") if prefix else ("", "")
    size = len(classes)
    both = (true >= 0) & (predicted >= 0)
    counts = np.bincount(true[both] * size + predicted[both], minlength=size * size).reshape(size, size)
    right = np.diag(counts).astype(float)
    support, claimed = counts.sum(axis=1), counts.sum(axis=0)
    with np.errstate(invalid="ignore"):
        recall, precision = right / support, right / claimed
    f1 = 2 * right / np.maximum(support + claimed, 1)
    overall = {
        "accuracy": (right.sum() / counts.sum(), "Accuracy", "share of spectra with the right class"),
        "balanced_accuracy": (
            float(np.nanmean(recall)),
            "Balanced accuracy",
            "mean recall of the classes, however rare",
        ),
        "f1_macro": (float(np.mean(f1[support > 0])), "F1 (macro)", "mean F1 of the classes, however rare"),
    }
    for name, (value, _, _) in overall.items():
        run.metric(head + name, value)
    for number, name in enumerate(classes):
        run.metric(f"{head}precision:{name}", precision[number])
        run.metric(f"{head}recall:{name}", recall[number])
        run.metric(f"{head}f1:{name}", f1[number])
    run.report(
        views.metrics(
            "quality" + tail,
            f"Quality ({split})",
            values=[
                {"name": head + name, "title": title, "value": value, "better": "higher", "help": text}
                for name, (value, title, text) in overall.items()
            ],
        )
    )
    run.report(
        views.confusion_matrix(
            "confusion" + tail,
            f"Confusion matrix ({split})",
            classes=classes,
            true=true,
            predicted=predicted,
            split=split,
        )
    )
    rates = {"Precision": precision, "Recall": recall, "F1": f1, "Spectra": support}
    run.report(_per_class("classes" + tail, f"Classes ({split})", classes, rates))


def _per_class(
    view: str, title: str, classes: Sequence[str], rates: Mapping[str, npt.NDArray[Any]]
) -> views.View:
    columns: list[views.Column] = [{"name": "class", "title": "Class"}]
    columns += [{"name": name.lower(), "title": name} for name in rates]
    rows = [[name, *(rate[number] for rate in rates.values())] for number, name in enumerate(classes)]
    return views.table(view, title, columns=columns, rows=rows)


def report_probabilities(
    run: Run, names: Sequence[str], classes: Sequence[str], true: IntArray, probabilities: FloatArray
) -> None:
    """Report the histogram of the winning class's probability, what was misclassified and what is uncertain.

    Parameters
    ----------
    names
        Of the spectra, one per row of the feature set.
    probabilities
        Shape (rows, classes); NaN in rows that were not judged.
    """
    judged = np.isfinite(probabilities[:, 0])
    filled = np.where(judged[:, None], probabilities, 0.0)
    best = np.where(judged, filled.max(axis=1), np.nan)
    winner = filled.argmax(axis=1)
    run.report(
        views.histogram(
            "confidence",
            "Probability of the predicted class",
            x_title="probability",
            values=best,
            edges=np.linspace(0.0, 1.0, 21),
        )
    )
    wrong = np.flatnonzero(judged & (true >= 0) & (winner != true))
    shown = wrong[np.argsort(-best[wrong], kind="stable")][:SHOWN]
    run.report(
        views.table(
            "misclassified",
            f"Misclassified spectra ({len(wrong)})",
            columns=_COLUMNS,
            rows=[
                [row, names[row], _class(classes, true[row]), classes[winner[row]], best[row]]
                for row in shown
            ],
            note="Most confident errors first: wrong labels are often found here.",
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.sum(np.where(filled > 0, filled * np.log2(filled), 0.0), axis=1)
    unsure = np.argsort(np.where(judged, -entropy, np.inf), kind="stable")[: min(SHOWN, int(judged.sum()))]
    run.report(
        views.table(
            "uncertain",
            "Most uncertain spectra",
            columns=[*_COLUMNS, {"name": "entropy", "title": "Entropy", "unit": "bit"}],
            rows=[
                [row, names[row], _class(classes, true[row]), classes[winner[row]], best[row], entropy[row]]
                for row in unsure
            ],
            note="Ordered by the entropy of the class probabilities.",
        )
    )


def calibration_error(probabilities: FloatArray, true: IntArray, bins: int = 10) -> float:
    """Return the expected calibration error of the most probable class (Guo et al. 2017, equation 3).

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes).
    true : ndarray
        Number of each row's class, shape (rows,).
    bins : int
        Number of equally wide bins of the probability.

    Returns
    -------
    float
        0 (perfect) to 1.
    """
    best = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == true
    bin_of = np.minimum((best * bins).astype(int), bins - 1)
    gaps = [
        abs(best[bin_of == number].mean() - right[bin_of == number].mean()) * np.mean(bin_of == number)
        for number in np.unique(bin_of)
    ]
    return float(np.sum(gaps))


_COLUMNS: list[views.Column] = [
    {"name": "spectrum", "title": "Spectrum"},
    {"name": "name", "title": "Name"},
    {"name": "label", "title": "Label"},
    {"name": "predicted", "title": "Predicted"},
    {"name": "probability", "title": "Probability"},
]


def _class(classes: Sequence[str], number: int) -> str | None:
    return classes[number] if number >= 0 else None

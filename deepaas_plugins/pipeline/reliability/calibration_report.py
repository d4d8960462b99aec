"""How well sets, intervals and probabilities hold on objects that neither trained nor calibrated them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.reliability.conformal import (
    COVERAGE,
    ClassSets,
    Conformal,
    Intervals,
    fewest_objects,
    fit,
)

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: Parts by object: the limits of each are fitted on the others.
PARTS = 5
#: Equally wide bins of the reliability curve.
BINS = 10


def calibrate(held: HeldOut, run: Run, coverage: float = COVERAGE) -> Conformal | None:
    """Fit sets or intervals to held-out predictions, and report how well they hold.

    Parameters
    ----------
    held : HeldOut
        Predictions for held-out objects.
    run : Run
        Takes metrics and views.
    coverage : float
        Wanted, between 0 and 1.

    Returns
    -------
    ClassSets, Intervals or None
        None where there are too few objects, which the report and the log say.
    """
    found = fit(held, coverage)
    if held.classes is not None and len(held.rows):
        _reliability(held, run)
    if found is None:
        text = _too_few(held, coverage)
        run.log(text)
        run.report(views.metrics("uncertainty", "Prediction sets and intervals", values=[], note=text))
        return None
    if isinstance(found, ClassSets):
        _sets(held, found, run)
    else:
        _intervals(held, found, run)
    return found


def _too_few(held: HeldOut, coverage: float) -> str:
    told = "a class" if held.classes is not None else "a prediction interval"
    return (
        f"No {'prediction sets' if held.classes is not None else 'intervals'}: {told} needs at least "
        f"{fewest_objects(coverage)} held-out objects for a coverage of {coverage:g}; there are "
        f"{len(np.unique(held.members))} in all. Answers come without."
    )


def _parts(held: HeldOut) -> Iterator[BoolArray]:
    """Yield which rows are judged, of each part; parts are by object and the same in every run."""
    objects, place = np.unique(held.members, return_inverse=True)
    part = np.random.default_rng(0).permutation(len(objects))[place] % PARTS
    for number in range(PARTS):
        if (part == number).any() and (part != number).any():
            yield part == number


def _sets(held: HeldOut, sets: ClassSets, run: Run) -> None:
    """Report coverage and size of sets in each class, objects weighted alike."""
    classes = held.classes or []
    inside = np.zeros(held.predicted.shape, dtype=bool)
    sure = np.zeros(held.predicted.shape, dtype=bool)
    for judged in _parts(held):
        fitted = ClassSets.fit(held.some(~judged), sets.coverage)
        inside[judged] = fitted.of(held.predicted[judged])
        sure[judged] = fitted.calibrated
    rows, target = np.arange(len(held.target)), held.target
    covered, size = inside[rows, target], inside.sum(axis=1)
    weight = _weights(held.members)
    judged = sure[rows, target]
    cells: list[list[Any]] = []
    for number, name in enumerate(classes):
        its = target == number
        measured = its & judged
        share = float(np.average(covered[measured], weights=weight[measured])) if measured.any() else None
        mean = float(np.average(size[its], weights=weight[its])) if its.any() else None
        cells.append([name, share, mean, int(sets.objects[number]), _calibrated(sets, number)])
        if share is not None:
            run.metric(f"set_coverage:{name}", share)
    shares = [row[1] for row in cells if row[1] is not None]
    run.metric("set_size", float(np.average(size, weights=weight)))
    if shares:
        run.metric("set_coverage", float(np.mean(shares)))
    few = [name for name, one in zip(classes, sets.calibrated, strict=True) if not one]
    note = (
        f"Sets are made to hold the true class of {sets.coverage:.0%} of the objects of each class. Measured "
        "on objects that neither trained the model nor calibrated the sets."
    )
    if few:
        note += (
            f" Too few objects (fewer than {fewest_objects(sets.coverage)}) of: {', '.join(few)}. These "
            "classes are in every set, and no coverage is claimed for them."
        )
        run.log(f"Too few objects to calibrate: {', '.join(few)}.")
    columns: list[views.Column] = [
        {"name": "class", "title": "Class"},
        {"name": "coverage", "title": "Coverage"},
        {"name": "size", "title": "Classes in a set"},
        {"name": "objects", "title": "Calibration objects"},
        {"name": "calibrated", "title": "Calibrated"},
    ]
    run.report(
        views.table(
            "uncertainty",
            f"Prediction sets (coverage {sets.coverage:g})",
            columns=columns,
            rows=cells,
            note=note,
        )
    )


def _calibrated(sets: ClassSets, number: int) -> str:
    return "yes" if sets.calibrated[number] else "too few objects"


def _intervals(held: HeldOut, intervals: Intervals, run: Run) -> None:
    """Report coverage and width of intervals."""
    covered, measured = np.zeros(len(held.rows), dtype=bool), np.zeros(len(held.rows), dtype=bool)
    error = np.abs(held.predicted - held.target)
    for judged in _parts(held):
        fitted = Intervals.fit(held.some(~judged), intervals.coverage)
        covered[judged] = error[judged] <= fitted.half_width
        measured[judged] = np.isfinite(fitted.half_width)
    values: list[views.Value] = [
        _value(
            "interval_half_width", "Half width of the interval", intervals.half_width, "in the label's unit"
        ),
        _value("interval_sigma", "Sigma", intervals.sigma, "half width that covers 68 % of the objects"),
        _value("calibration_objects", "Calibration objects", float(intervals.objects), "held-out objects"),
    ]
    if measured.any():
        weight = _weights(held.members)[measured]
        share = float(np.average(covered[measured], weights=weight))
        run.metric("interval_coverage", share)
        help_text = "share of held-out objects whose value is inside; near the wanted coverage is right"
        values.insert(0, _value("interval_coverage", "Coverage", share, help_text))
    run.metric("interval_half_width", intervals.half_width)
    run.metric("interval_sigma", intervals.sigma)
    note = (
        f"Intervals are made to hold the true value of {intervals.coverage:.0%} of the objects; all are of "
        "one width. Coverage is measured on objects that neither trained the model nor set the width."
    )
    title = f"Prediction intervals (coverage {intervals.coverage:g})"
    run.report(views.metrics("uncertainty", title, values=values, note=note))


def _value(name: str, title: str, value: float, text: str) -> views.Value:
    return {"name": name, "title": title, "value": value, "better": None, "help": text}


def _weights(members: npt.NDArray[np.int64]) -> FloatArray:
    _, place, count = np.unique(members, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[place])


def _reliability(held: HeldOut, run: Run) -> None:
    """Report how often the most probable class is right, by its probability (Guo et al. 2017, figure 1)."""
    best = held.predicted.max(axis=1)
    right = held.predicted.argmax(axis=1) == held.target
    bin_of = np.minimum((best * BINS).astype(int), BINS - 1)
    filled = np.unique(bin_of)
    stated = [float(best[bin_of == number].mean()) for number in filled]
    found = [float(right[bin_of == number].mean()) for number in filled]
    shares = [float(np.mean(bin_of == number)) for number in filled]
    error = float(sum(w * abs(a - b) for w, a, b in zip(shares, stated, found, strict=True)))
    run.metric("calibration_error", error)
    run.report(
        views.curves(
            "reliability",
            "Reliability of the probabilities",
            x_title="probability of the predicted class",
            y_title="share that is right",
            series=[
                {"name": "held-out spectra", "x": stated, "y": found},
                {"name": "perfect", "x": [0.0, 1.0], "y": [0.0, 1.0]},
            ],
            note=f"Expected calibration error (ECE): {error:.3f}. Below the diagonal: overconfident.",
        )
    )

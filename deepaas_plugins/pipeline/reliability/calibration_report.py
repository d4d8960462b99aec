"""How well sets, intervals and probabilities hold on objects that neither trained nor calibrated them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.reliability.conformal import ClassSets, Conformal, fit
from deepaas_plugins.pipeline.reliability.intervals import Intervals
from deepaas_plugins.pipeline.reliability.limits import COVERAGE, FloatArray, fewest_objects

BoolArray = npt.NDArray[np.bool_]

#: Parts by object: the limits of each are fitted on the others.
PARTS = 5
#: The measured coverage of a class with fewer objects than this says little: 27 of 30 is 0.90 ± 0.055.
FEW_OBJECTS = 30
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
    uncertain = [
        f"{name} ({count})"
        for name, count, one in zip(classes, sets.objects.tolist(), sets.calibrated, strict=True)
        if one and count < FEW_OBJECTS
    ]
    if uncertain:
        warning = (
            f"Fewer than {FEW_OBJECTS} held-out objects of: {', '.join(uncertain)}. Their measured coverage "
            "is uncertain by more than 0.05."
        )
        note += f" {warning}"
        run.log(warning)
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


def half_widths(held: HeldOut, coverage: float = COVERAGE) -> FloatArray:
    """Return half widths of intervals for held-out rows, those of each part fitted on the other parts.

    Parameters
    ----------
    held : HeldOut
        Predicted and true values.
    coverage : float
        Wanted, between 0 and 1.

    Returns
    -------
    ndarray
        Shape (rows, targets); infinite where there are too few objects.
    """
    found = np.full(held.values.shape, np.inf)
    for judged in _parts(held):
        found[judged], _ = Intervals.fit(held.some(~judged), coverage).half_widths(held.values[judged])
    return found


def _intervals(held: HeldOut, intervals: Intervals, run: Run) -> None:
    """Report coverage and width of the intervals of every value."""
    outside, error = half_widths(held, intervals.coverage), np.abs(held.values - held.truths)
    wide, narrow = intervals.half_widths(held.values)
    weight = _weights(held.members)
    rows: list[list[Any]] = []
    for place, name in enumerate(held.targets):
        tail = "" if held.targets == ("value",) else f":{name}"
        measured = np.isfinite(outside[:, place]) & np.isfinite(error[:, place])
        share = None
        if measured.any():
            covered = error[measured, place] <= outside[measured, place]
            share = float(np.average(covered, weights=weight[measured]))
            run.metric(f"interval_coverage{tail}", share)
        widths = [float(np.median(each[:, place])) for each in (wide, narrow)]
        run.metric(f"interval_half_width{tail}", widths[0])
        run.metric(f"interval_sigma{tail}", widths[1])
        finite = [width if np.isfinite(width) else None for width in widths]
        rows.append([name, share, *finite, int(intervals.objects[place])])
    note = (
        f"Intervals are made to hold the true value of {intervals.coverage:.0%} of the objects; their width "
        "follows the errors of objects with similar predictions. Coverage is measured on objects that "
        "neither trained the model nor set the width."
    )
    columns: list[views.Column] = [
        {"name": "value", "title": "Value"},
        {"name": "coverage", "title": "Coverage"},
        {"name": "half_width", "title": "Half width (median)"},
        {"name": "sigma", "title": "Sigma (median)"},
        {"name": "objects", "title": "Calibration objects"},
    ]
    title = f"Prediction intervals (coverage {intervals.coverage:g})"
    run.report(views.table("uncertainty", title, columns=columns, rows=rows, note=note))


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

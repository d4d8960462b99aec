"""The report: velocities and their errors, quality, correlations, known velocities that were missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.velocity.findings import Findings
from deepaas_plugins.methods.velocity.measuring import FLAGS, GOOD, NO_LINES

if TYPE_CHECKING:
    from spectra import FeatureSet

Floats = npt.NDArray[np.float64]

#: Rows of the table of velocities, and of the curves of correlations.
SHOWN, CURVES = 500, 12
BARS = 30


def report(run: Run, features: FeatureSet, found: Findings, names: list[str], params: Json) -> None:
    """Report what was measured.

    Parameters
    ----------
    run : Run
        Takes the views and metrics.
    features : FeatureSet
        The rows.
    found : Findings
        Of all rows.
    names : list of str
        Of the templates.
    params : Json
        Of the training.
    """
    good = found.flag == GOOD
    run.metric("spectra", features.rows)
    run.metric("good", int(good.sum()))
    if good.any():
        run.metric("median_sigma", float(np.nanmedian(found.figures["sigma"][good])))
        run.metric("median_velocity", float(np.nanmedian(found.figures["velocity"][good])))
    run.progress(0, 1, "report")
    run.report(
        views.bars(
            "quality",
            "Quality of the velocities",
            x_title="flag",
            names=FLAGS,
            marks=found.flag,
            note=f"weak: R below {params['least_r']:g}; ambiguous: a second peak of {params['ambiguous']:g} "
            "of the best; edge: the highest velocity is reached. Click a bar for its spectra.",
        )
    )
    run.report(_velocities(found))
    run.report(_correlations(features, found))
    run.report(_table(features, found, names))
    run.report(_errors(found))
    if params["components"] == 2:
        run.metric("double", int(found.double.sum()))
        run.report(_two(features, found))
    known = _known(features)
    if np.isfinite(known).sum() > 1:
        _against_known(run, features, found, known)
    run.progress(1, 1, "report")


def _velocities(found: Findings) -> views.View:
    measured = np.where(found.flag > NO_LINES, found.figures["velocity"], np.nan)
    return views.scatter(
        "velocities",
        "Velocity and error",
        x_title="radial velocity (km/s)",
        y_title="σ (km/s)",
        x=measured.astype(np.float32),
        y=found.figures["sigma"].astype(np.float32),
        colour=[FLAGS[one] for one in found.flag],
        note="Click a point for its spectrum.",
    )


def _correlations(features: FeatureSet, found: Findings) -> views.View:
    rows = list(range(min(len(found.curves), CURVES)))
    batch = features.take(rows)
    series: list[views.Series] = [
        {"name": batch.names[row], "x": found.velocities.tolist(), "y": found.curves[row].tolist()}
        for row in rows
    ]
    return views.curves(
        "correlations",
        "Correlation with the best template",
        x_title="velocity (km/s)",
        y_title="correlation",
        series=series,
        note=f"Of the first {len(rows)} spectra; 1 is perfect agreement. Click a name to hide or show it.",
    )


def _table(features: FeatureSet, found: Findings, names: list[str]) -> views.View:
    rows = np.argsort(found.flag, kind="stable")[:SHOWN]
    batch = features.take(rows.tolist())
    keys = ("velocity", "sigma", "correlation", "r", "second", "second_velocity", "bisector")
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "flag", "title": "Quality"},
        {"name": "template", "title": "Template"},
        {"name": "velocity", "title": "Velocity", "unit": "km/s"},
        {"name": "sigma", "title": "σ", "unit": "km/s"},
        {"name": "correlation", "title": "Correlation"},
        {"name": "r", "title": "R"},
        {"name": "second", "title": "Second peak"},
        {"name": "second_velocity", "title": "at", "unit": "km/s"},
        {"name": "bisector", "title": "Bisector", "unit": "km/s"},
    ]
    cells: list[list[Any]] = [
        [
            int(row),
            batch.names[place],
            FLAGS[found.flag[row]],
            names[found.template[row]] if found.flag[row] > NO_LINES else None,
            *(_figure(found.figures[key][row], found.flag[row]) for key in keys),
        ]
        for place, row in enumerate(rows)
    ]
    note = "The worst quality first."
    if features.rows > SHOWN:
        note += f" {SHOWN} of {features.rows:,}; velocities.csv has all."
    return views.table("table", "Velocities", columns=columns, rows=cells, note=note)


def _figure(value: float, flag: int) -> float | None:
    return float(value) if flag > NO_LINES and np.isfinite(value) else None


def _errors(found: Findings) -> views.View:
    errors = np.where(found.flag > NO_LINES, found.figures["sigma"], np.nan)
    known = errors[np.isfinite(errors)]
    top = float(np.percentile(known, 98)) if len(known) else 1.0
    return views.histogram(
        "sigma",
        "Errors",
        x_title="σ (km/s)",
        values=errors.astype(np.float32),
        edges=np.linspace(0.0, max(top, 1e-3), BARS + 1),
        note="Formal, from the sharpness of the peak and from what the template leaves (Zucker 2003).",
    )


def _two(features: FeatureSet, found: Findings) -> views.View:
    rows = np.flatnonzero(found.double)[:SHOWN]
    batch = features.take(rows.tolist()) if len(rows) else None
    cells: list[list[Any]] = [
        [int(row), batch.names[place] if batch else ""]
        + [float(found.figures[key][row]) for key in ("velocity_1", "velocity_2", "ratio")]
        for place, row in enumerate(rows)
    ]
    return views.table(
        "two",
        f"Spectra with two components ({int(found.double.sum()):,})",
        columns=[
            {"name": "spectrum", "title": "Spectrum"},
            {"name": "name", "title": "Name"},
            {"name": "velocity_1", "title": "Velocity 1", "unit": "km/s"},
            {"name": "velocity_2", "title": "Velocity 2", "unit": "km/s"},
            {"name": "ratio", "title": "Strength 2 over 1"},
        ],
        rows=cells,
        note="Two templates explain them better than one (TODCOR).",
    )


def _known(features: FeatureSet) -> Floats:
    """Return the velocities that labels say, NaN where a label is no number; shape (rows,)."""
    found = np.full(features.rows, np.nan)
    for row, label in enumerate(features.labels()):
        try:
            found[row] = float(label) if label is not None else np.nan
        except ValueError:
            continue
    return found


def _against_known(run: Run, features: FeatureSet, found: Findings, known: Floats) -> None:
    """Report differences from the labels, where these are velocities in km/s."""
    away = np.where(found.flag > NO_LINES, found.figures["velocity"], np.nan) - known
    some = away[np.isfinite(away)]
    if not len(some):
        return
    run.metric("offset", float(np.median(some)))
    run.metric("scatter", float(1.4826 * np.median(np.abs(some - np.median(some)))))
    reach = max(float(np.percentile(np.abs(some), 95)), 1e-3)
    run.report(
        views.histogram(
            "differences",
            "Differences from known velocities",
            x_title="measured − known (km/s)",
            values=away.astype(np.float32),
            edges=np.linspace(-reach, reach, BARS + 1),
            note="The labels of the dataset are numbers, and taken as velocities in km/s.",
        )
    )
    error = np.nan_to_num(found.figures["sigma"], nan=np.inf)
    missed = np.flatnonzero(np.isfinite(away) & (np.abs(away) > np.maximum(5.0 * error, 1e-6)))[:SHOWN]
    batch = features.take(missed.tolist()) if len(missed) else None
    cells: list[list[Any]] = [
        [
            int(row),
            batch.names[place] if batch else "",
            float(known[row]),
            float(found.figures["velocity"][row]),
            FLAGS[found.flag[row]],
        ]
        for place, row in enumerate(missed)
    ]
    run.report(
        views.table(
            "misses",
            f"Missed by more than five σ ({len(missed)})",
            columns=[
                {"name": "spectrum", "title": "Spectrum"},
                {"name": "name", "title": "Name"},
                {"name": "known", "title": "Known", "unit": "km/s"},
                {"name": "velocity", "title": "Measured", "unit": "km/s"},
                {"name": "flag", "title": "Quality"},
            ],
            rows=cells,
        )
    )

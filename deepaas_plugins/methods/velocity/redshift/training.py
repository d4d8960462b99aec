"""Finds the redshifts of all rows, writes them as a table, and reports them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.velocity.correlation import LIGHT_SPEED
from deepaas_plugins.methods.velocity.redshift.model import FLAGS, RedshiftModel, answer
from deepaas_plugins.methods.velocity.redshift.solver import Solution

if TYPE_CHECKING:
    from spectra import FeatureSet

Floats = npt.NDArray[np.float64]

COLUMNS = ("redshift", "sigma", "label", "kind", "flag", "chi2", "margin", "second", "second_label")
#: Velocity from which on a redshift is catastrophically wrong, km/s.
CATASTROPHIC = 3000.0
CHUNK, SHOWN, DRAWN, POINTS = 256, 500, 6, 1500


def train(features: FeatureSet, wavelength: Floats, params: Json, run: Run) -> RedshiftModel:
    """Find redshifts.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    wavelength : ndarray
        Of their columns, in Å, shape (columns,).
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress, metrics, the table and the report.

    Returns
    -------
    RedshiftModel
        That finds further redshifts in the same way.

    Raises
    ------
    InvalidInput
        Redshifts cannot be found on the grid.
    Cancelled
        The run was asked to stop.
    """
    model = RedshiftModel.of(features.recipe, wavelength, params)
    found: list[Json] = []
    drawn: list[tuple[str, Solution]] = []
    with (run.folder / "redshifts.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["name", "dataset_label", *COLUMNS])
        for batch in features.chunks(CHUNK):
            for name, label, flux in zip(batch.names, batch.labels, batch.flux, strict=True):
                run.stop_if_cancelled()
                run.progress(len(found), features.rows, "measure")
                solution = model.solver.solve(flux)
                one = answer(solution, flux)
                found.append({key: one.get(key) for key in ("redshift", "label", "flag", "margin", "sigma")})
                if len(drawn) < DRAWN and one["label"] is not None:
                    drawn.append((name, solution))
                table.writerow(
                    [name, label or "", *("" if one.get(key) is None else one[key] for key in COLUMNS)]
                )
    run.progress(len(found), features.rows, "measure")
    _report(run, features, found, drawn)
    return model


def _report(run: Run, features: FeatureSet, found: list[Json], drawn: list[tuple[str, Solution]]) -> None:
    flags = np.array([FLAGS.index(one["flag"]) for one in found])
    redshifts = np.array([np.nan if one["redshift"] is None else one["redshift"] for one in found])
    run.metric("spectra", features.rows)
    run.metric("good", int((flags == FLAGS.index("good")).sum()))
    names = ("star", "galaxy", "quasar")
    marks = np.array([-1 if one["label"] is None else names.index(one["label"]) for one in found])
    run.report(
        views.bars("classes", "Classes", x_title="class", names=names, marks=marks, note="Click a bar.")
    )
    margin = np.array([np.nan if one["margin"] is None else max(one["margin"], 0.0) + 1.0 for one in found])
    run.report(
        views.scatter(
            "redshifts",
            "Redshift and how clear it is",
            x_title="redshift",
            y_title="log10 (Δχ² to the next redshift + 1)",
            x=redshifts.astype(np.float32),
            y=np.log10(margin).astype(np.float32),
            colour=[f"{one['label'] or 'none'}, {one['flag']}" for one in found],
            note="Click a point for its spectrum.",
        )
    )
    run.report(_curves(drawn))
    known = _known(features)
    run.report(_table(features, found, flags, known))
    if np.isfinite(known).any():
        _against_known(run, features, found, redshifts, known)


def _curves(drawn: list[tuple[str, Solution]]) -> views.View:
    series: list[views.Series] = []
    for name, solution in drawn:
        redshifts, chi2 = solution.curves[solution.name]
        some = slice(None, None, max(len(redshifts) // POINTS, 1))
        series.append(
            {"name": f"{name} ({solution.name})", "x": redshifts[some].tolist(), "y": chi2[some].tolist()}
        )
    return views.curves(
        "chi2",
        "χ² at each redshift, less its minimum",
        x_title="redshift",
        y_title="Δχ²",
        series=series,
        note=f"Of the first {len(series)} spectra, with the templates of their class.",
    )


def _known(features: FeatureSet) -> Floats:
    """Return the redshifts that labels say, NaN where a label is no number; shape (rows,)."""
    found = np.full(features.rows, np.nan)
    for row, label in enumerate(features.labels()):
        try:
            found[row] = float(label) if label is not None else np.nan
        except ValueError:
            continue
    return found


def _table(
    features: FeatureSet, found: list[Json], flags: npt.NDArray[np.int64], known: Floats
) -> views.View:
    rows = np.argsort(flags, kind="stable")[:SHOWN]
    return views.table(
        "table",
        "Redshifts",
        columns=_columns(),
        rows=_cells(features, found, rows, known),
        note="The weakest first; redshifts.csv has all, with the next best of each.",
    )


def _columns() -> list[views.Column]:
    return [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "label", "title": "Class"},
        {"name": "redshift", "title": "Redshift"},
        {"name": "sigma", "title": "σ"},
        {"name": "margin", "title": "Δχ²"},
        {"name": "flag", "title": "Quality"},
        {"name": "known", "title": "Known"},
    ]


def _cells(
    features: FeatureSet, found: list[Json], rows: npt.NDArray[np.int64], known: Floats
) -> list[list[Any]]:
    names = features.take(rows.tolist()).names if len(rows) else []
    return [
        [int(row), name]
        + [found[row][key] for key in ("label", "redshift", "sigma", "margin", "flag")]
        + [float(known[row]) if np.isfinite(known[row]) else None]
        for row, name in zip(rows, names, strict=True)
    ]


def _against_known(
    run: Run, features: FeatureSet, found: list[Json], redshifts: Floats, known: Floats
) -> None:
    away = LIGHT_SPEED * (redshifts - known) / (1.0 + known)
    there = np.isfinite(known)
    wrong = there & ~(np.abs(away) <= CATASTROPHIC)
    run.metric("catastrophic", float(wrong.sum() / there.sum()))
    run.metric("nmad", float(1.4826 * np.nanmedian(np.abs(away[there])) / LIGHT_SPEED))
    rows = np.flatnonzero(wrong)[:SHOWN]
    run.report(
        views.table(
            "misses",
            f"Missed by more than {CATASTROPHIC:g} km/s ({int(wrong.sum())} of {int(there.sum())})",
            columns=_columns(),
            rows=_cells(features, found, rows, known),
            note="The labels of the dataset are numbers, and taken as redshifts.",
        )
    )

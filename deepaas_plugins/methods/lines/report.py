"""The report of a run: classes of profiles, emission, mean profiles, lines, how well classes are told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.lines.findings import Findings
from deepaas_plugins.methods.lines.line_list import LINES
from deepaas_plugins.methods.lines.measuring import EMISSION, Region
from deepaas_plugins.methods.lines.profiles.quality import BINS, InjectedQuality
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES, DOUBLE, SHELL

if TYPE_CHECKING:
    from spectra import FeatureSet

#: Rows of the table of profiles with emission.
SHOWN = 500


@dataclass(frozen=True)
class Outcome:
    """What a run found.

    Attributes
    ----------
    features
        The rows.
    region
        Of the line.
    found
        Of all rows.
    quality
        Of the classifier.
    params
        Of the training.
    """

    features: FeatureSet
    region: Region
    found: Findings
    quality: InjectedQuality
    params: Json


def report(run: Run, outcome: Outcome) -> None:
    """Report what was measured.

    Parameters
    ----------
    run : Run
        Takes the views and metrics.
    outcome : Outcome
        What was found.
    """
    features, found, params = outcome.features, outcome.found, outcome.params
    counts = found.counts()
    run.metric("spectra", features.rows)
    run.metric("covered", found.covered)
    run.metric("emission", int(counts[list(EMISSION)].sum()))
    run.metric("double_peaks", int(counts[[DOUBLE, SHELL]].sum()))
    run.metric("lines_found", sum(found.lines.values()))
    run.progress(0, 1, "report")
    run.report(_classes(found, params))
    run.report(_emission(features, found, params))
    run.report(_means(outcome.region, found, params))
    run.report(_scatter(found))
    if any(label is not None for label in features.labels()):
        run.report(_labels(features, found))
    if found.lines:
        run.report(_lines(found, features.rows))
    run.report(_injected(outcome.quality))
    run.report(_by_snr(outcome.quality))
    run.progress(1, 1, "report")


def _classes(found: Findings, params: Json) -> views.View:
    missing = int((found.label < 0).sum())
    note = "Click a bar for its spectra."
    if missing:
        note += f" {missing:,} spectra do not cover the line."
    return views.bars(
        "profiles",
        f"Profiles of {params['line']}",
        x_title="class",
        names=CLASSES,
        marks=found.label,
        note=note,
    )


def _emission(features: FeatureSet, found: Findings, params: Json) -> views.View:
    rows = np.flatnonzero(np.isin(found.label, EMISSION))
    rows = rows[np.argsort(-found.figures["snr"][rows], kind="stable")][:SHOWN]
    batch = features.take(rows.tolist()) if len(rows) else None
    keys = ("ew", "ew_error", "velocity", "fwhm", "v_r", "separation", "snr")
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "label", "title": "Class in the dataset"},
        {"name": "profile", "title": "Profile"},
        {"name": "probability", "title": "Probability"},
        {"name": "ew", "title": "Equivalent width", "unit": "Å"},
        {"name": "ew_error", "title": "± ", "unit": "Å"},
        {"name": "velocity", "title": "Velocity", "unit": "km/s"},
        {"name": "fwhm", "title": "FWHM", "unit": "km/s"},
        {"name": "v_r", "title": "V/R"},
        {"name": "separation", "title": "Separation", "unit": "km/s"},
        {"name": "snr", "title": "Significance", "unit": "σ"},
    ]
    cells: list[list[Any]] = [
        [
            int(row),
            batch.names[place] if batch else "",
            batch.labels[place] if batch else None,
            CLASSES[found.label[row]],
            _figure(found.probability[row]),
            *(_figure(found.figures[key][row]) for key in keys),
        ]
        for place, row in enumerate(rows)
    ]
    total = int(np.isin(found.label, EMISSION).sum())
    note = "The most significant first; equivalent widths of emission are negative."
    if total > len(rows):
        note += f" The first {len(rows)} of {total:,}; the catalogue has all."
    return views.table(
        "emission", f"{params['line']} in emission ({total:,})", columns=columns, rows=cells, note=note
    )


def _figure(value: np.floating[Any]) -> float | None:
    return float(value) if np.isfinite(value) else None


def _means(region: Region, found: Findings, params: Json) -> views.View:
    names, means = found.mean_profiles()
    return views.spectra_drawn(
        "mean-profiles",
        f"Mean profiles of {params['line']}",
        wavelength=region.wavelength[region.profile],
        flux=means,
        names=names,
        note="In units of the continuum.",
    )


def _scatter(found: Findings) -> views.View:
    classes = [CLASSES[one] if one >= 0 else "not covered" for one in found.label.tolist()]
    return views.scatter(
        "width-strength",
        "Width and strength",
        x_title="FWHM (km/s)",
        y_title="equivalent width (Å)",
        x=found.figures["fwhm"],
        y=found.figures["ew"],
        colour=classes,
        note="Emission lies below zero. Click a point for its spectrum.",
    )


def _labels(features: FeatureSet, found: Findings) -> views.View:
    pairs: Counter[tuple[str, int]] = Counter(
        (label if label is not None else "(no label)", int(one))
        for label, one in zip(features.labels(), found.label.tolist(), strict=True)
    )
    labels = sorted({label for label, _ in pairs})
    columns: list[views.Column] = [{"name": "label", "title": "Class in the dataset"}]
    columns += [{"name": f"class_{k}", "title": name} for k, name in enumerate(CLASSES)]
    columns.append({"name": "class_none", "title": "not covered"})
    order = [*range(len(CLASSES)), -1]
    rows = [[label, *(pairs[label, one] for one in order)] for label in labels]
    return views.table("labels", "Classes of the dataset and profiles", columns=columns, rows=rows)


def _lines(found: Findings, spectra: int) -> views.View:
    order = {line.name: number for number, line in enumerate(LINES)}
    known = sorted({name for name, _ in found.lines}, key=lambda name: order.get(name, len(order)))
    rest = {line.name: line.wavelength for line in LINES}
    rows = [
        [name or "unknown", rest.get(name), found.lines[name, True], found.lines[name, False]]
        for name in known
    ]
    return views.table(
        "lines",
        f"Lines found ({sum(found.lines.values()):,})",
        columns=[
            {"name": "line", "title": "Line"},
            {"name": "wavelength", "title": "Rest wavelength", "unit": "Å"},
            {"name": "emission", "title": "In emission"},
            {"name": "absorption", "title": "In absorption"},
        ],
        rows=rows,
        note=f"In {spectra:,} spectra; each of them is in the catalogue.",
    )


def _injected(quality: InjectedQuality) -> views.View:
    rows = [
        [name, _figure(precision), _figure(recall)]
        for name, precision, recall in zip(CLASSES, quality.precision, quality.recall, strict=True)
    ]
    return views.table(
        "injected",
        "How well profiles are told",
        columns=[
            {"name": "class", "title": "Profile"},
            {"name": "precision", "title": "Precision"},
            {"name": "recall", "title": "Recall"},
        ],
        rows=rows,
        note="Synthetic profiles of known class on this grid, which were not learned from, at "
        "signal-to-noise ratios of 20 and more. Classes that the grid does not resolve have no figure.",
    )


def _by_snr(quality: InjectedQuality) -> views.View:
    ends = [*(f"{low:g}–{high:g}" for low, high in pairwise(BINS)), f"≥ {BINS[-1]:g}"]
    rows = [
        [name, float(share), int(count)]
        for name, share, count in zip(ends, quality.by_snr, quality.counts, strict=True)
    ]
    return views.table(
        "injected-snr",
        "… and at which signal-to-noise ratio",
        columns=[
            {"name": "snr", "title": "S/N per pixel"},
            {"name": "right", "title": "Told rightly"},
            {"name": "profiles", "title": "Profiles"},
        ],
        rows=rows,
    )

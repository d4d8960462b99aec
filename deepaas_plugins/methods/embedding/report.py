"""The report of a training: planes, how good they are, similar spectra, and what the components are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.embedding import quality
from deepaas_plugins.methods.embedding.parameters import LAYOUTS
from deepaas_plugins.methods.embedding.stability import Stability
from deepaas_plugins.methods.unsupervised.frame import Matrix

if TYPE_CHECKING:
    from deepaas_plugins.methods.embedding.fitted import FittedEmbedding
    from spectra import FeatureSet

#: Rows that quality is measured on, rows of the table of similar spectra, and how many it names for each.
MEASURED, LISTED, SIMILAR = 5000, 200, 5
#: With more rows points have no class: the list of them would be larger than all else.
MOST_COLOURED = 200_000
#: Components that are drawn.
DRAWN = 4


@dataclass(frozen=True)
class Findings:
    """A fitted embedding with its training set.

    Attributes
    ----------
    features
        The training set.
    fitted
        Fitted to it.
    places
        Of all rows by layout, shape (rows, 2) each.
    labels
        Classes of all rows, None where unknown.
    stable
        By layout.
    laid_out
        Rows that UMAP and t-SNE were fitted to.
    """

    features: FeatureSet
    fitted: FittedEmbedding
    places: Mapping[str, Matrix]
    labels: Sequence[str | None]
    stable: Mapping[str, Stability]
    laid_out: int


def report(run: Run, found: Findings) -> None:
    """Report a training.

    Parameters
    ----------
    run : Run
        Takes metrics and views.
    found : Findings
        What was found.
    """
    for name in LAYOUTS:
        if name in found.places:
            run.report(_plane(found, name))
    run.report(_quality(run, found))
    run.report(_similar(found))
    for view in _components(found):
        run.report(view)


def _plane(found: Findings, name: str) -> views.View:
    rows = found.features.rows
    coloured = any(found.labels) and rows <= MOST_COLOURED
    note = "Click a point for its spectrum; draw around points for all of theirs."
    if name in found.fitted.placement.places and found.laid_out < rows:
        note += (
            f" {LAYOUTS[name]} laid out a random sample of {found.laid_out:,} of the {rows:,} spectra; the "
            "others lie at the mean of their five nearest ones of the sample."
        )
    title = LAYOUTS[name]
    return views.scatter(
        f"plane-{name}",
        title,
        x_title=f"{title} 1",
        y_title=f"{title} 2",
        x=found.places[name][:, 0],
        y=found.places[name][:, 1],
        colour=[label or "no class" for label in found.labels] if coloured else None,
        note=note,
    )


def _quality(run: Run, found: Findings) -> views.View:
    """Measure the space and every plane on some of the references."""
    references = found.fitted.references
    some = np.unique(np.linspace(0, len(references.rows) - 1, MEASURED).astype(int))
    labels = [references.labels[at] for at in some]
    groups_of_all = found.features.groups()
    groups = [groups_of_all[row] for row in references.rows[some]]
    vectors = {"": references.vectors[some]}
    vectors |= {name: place[references.rows[some]] for name, place in found.places.items()}
    true = quality.neighbours(vectors[""], quality.LOOKED_AT)
    rows: list[list[Any]] = []
    for name, each in vectors.items():
        nearest = true if not name else quality.neighbours(each, quality.LOOKED_AT)
        precise = quality.precision(nearest, labels, groups)
        if precise is not None:
            run.metric(f"precision_at_10_{name}" if name else "precision_at_10", precise[0])
            run.metric("precision_by_chance", precise[1])
        stable = found.stable.get(name)
        rows.append(
            [
                LAYOUTS[name] if name else f"space of the search ({references.vectors.shape[1]} dimensions)",
                *(precise or (None, None)),
                quality.kept(true, nearest),
                None if stable is None else stable.overlap,
                None if stable is None else stable.disparity,
            ]
        )
    return views.table(
        "quality",
        "How good the planes are",
        columns=[
            {"name": "layout", "title": "Layout"},
            {"name": "precision", "title": "Precision@10"},
            {"name": "chance", "title": "By chance"},
            {"name": "kept", "title": "Neighbours kept"},
            {"name": "overlap", "title": "Overlap over seeds"},
            {"name": "disparity", "title": "Disparity over seeds"},
        ],
        rows=rows,
        note=f"On {len(some):,} spectra. Precision@10: share of the ten nearest labelled spectra of other "
        "objects that are of the same class. Neighbours kept: share of the ten nearest in the space of the "
        "search that are so on the plane. Overlap over seeds: the same share between two layouts that differ "
        "in the seed alone; disparity: what a shift, turn and scale do not bring to agree (Procrustes), 0 "
        "the same, 1 nothing in common. Empty: the layout has no seed, or there are no classes.",
    )


def _similar(found: Findings) -> views.View:
    """List the spectra nearest to some, by name."""
    references = found.fitted.references
    some = np.unique(np.linspace(0, len(references.rows) - 1, LISTED).astype(int))
    lists = references.like(references.vectors[some], SIMILAR + 1)
    rows = [
        [
            int(references.rows[at]),
            references.names[at],
            references.labels[at],
            others[0]["distance"] if others else None,
            ", ".join(f"{other['name']} ({other['distance']:.3g})" for other in others) or "–",
        ]
        for at, nearest in zip(some, lists, strict=True)
        for others in [[one for one in nearest if one["row"] != references.rows[at]][:SIMILAR]]
    ]
    return views.table(
        "similar",
        "More like this",
        columns=[
            {"name": "spectrum", "title": "Spectrum"},
            {"name": "name", "title": "Name"},
            {"name": "label", "title": "Class"},
            {"name": "distance", "title": "Distance of the nearest"},
            {"name": "similar", "title": "Nearest spectra (distance)"},
        ],
        rows=rows,
        note=f"{len(some)} of the {found.features.rows:,} spectra. A prediction with this model lists them "
        "for any spectrum, of this dataset or another.",
    )


def _components(found: Findings) -> list[views.View]:
    axes, grid = found.fitted.space.axes, found.fitted.wavelength
    columns = len(axes.mean)
    x = np.arange(columns, dtype=np.float64) if grid is None else grid
    numbers = np.arange(1, len(axes.share) + 1)
    return [
        views.curves(
            "components",
            "Principal components",
            x_title="column" if grid is None else "wavelength",
            x_unit="" if grid is None else "Å",
            y_title="loading",
            series=[
                {"name": f"component {number + 1}", "x": x, "y": axes.axes[:, number]}
                for number in range(min(DRAWN, len(axes.share)))
            ],
            note="What a spectrum has more or less of along each component.",
        ),
        views.curves(
            "variance",
            "Variance explained",
            x_title="components",
            y_title="share of the variance",
            series=[{"name": "all up to here", "x": numbers, "y": np.cumsum(axes.share)}],
        ),
    ]

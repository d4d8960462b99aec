"""The report of a training: ranks of the oddest spectra, what is odd in them, how far detectors agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.outliers import odd_parts
from deepaas_plugins.methods.outliers.detectors.density import LocalDensity
from deepaas_plugins.methods.outliers.parameters import DETECTORS
from deepaas_plugins.methods.outliers.ranking import Ranking, Scores
from deepaas_plugins.pipeline.report import spread

if TYPE_CHECKING:
    from deepaas_plugins.methods.outliers.scorer import Scorer
    from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]

#: Spectra whose odd parts are drawn, spectra drawn together, and rows of the table of disagreement.
DRAWN, TOGETHER, DISAGREED = 6, 12, 20


@dataclass(frozen=True)
class Findings:
    """A fitted model with the ranks of its training set.

    Attributes
    ----------
    features
        The training set.
    model
        Fitted to it.
    ranking
        Of all its rows.
    relevance
        Oddness re-ranked by marks, shape (rows,), or None without marks.
    sampled
        Rows that the detectors were fitted to.
    """

    features: FeatureSet
    model: Scorer
    ranking: Ranking
    relevance: Scores | None
    sampled: int


def report(run: Run, found: Findings, shown: int) -> None:
    """Report a training.

    Parameters
    ----------
    run : Run
        Takes the views.
    found : Findings
        What was found.
    shown : int
        Rows of the table of the oddest.
    """
    order = found.ranking.order
    if found.relevance is not None:
        order = np.argsort(-found.relevance, kind="stable")
    top = order[:shown]
    run.report(_oddest(found, top))
    for view in odd_parts.of_rows(found.model, found.features, top[:DRAWN]):
        run.report(view)
    run.report(
        views.spectra_rows("top-spectra", "The oddest spectra", rows=top[:TOGETHER], note="As preprocessed.")
    )
    run.report(
        spread(
            "mean-rank",
            "Mean rank of all spectra",
            "mean rank over the number of spectra",
            found.ranking.mean / np.float32(found.features.rows),
            "0: the oddest by every detector. Click a bar for its spectra.",
        )
    )
    if len(found.ranking.ranks) > 1:
        run.report(_disagreed(found))
        run.report(_agreement(run, found))


def note(found: Findings) -> str:
    """Return how the detectors were fitted, in sentences.

    Parameters
    ----------
    found : Findings
        What was found.

    Returns
    -------
    str
        The size of the sample, and whether neighbours are exact.
    """
    rows = found.features.rows
    said = f"All {rows:,} spectra are scored. "
    if found.sampled < rows:
        said += f"The detectors are fitted to a random sample of {found.sampled:,} of them. "
    density = found.model.detectors.get("lof")
    if isinstance(density, LocalDensity):
        how = "exact" if density.exact else "approximate (inverted file): now and then one is missed"
        said += f"Neighbours of the local outlier factor are {how}. "
    return said


def _oddest(found: Findings, rows: IntArray) -> views.View:
    names = list(found.model.detectors)
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "label", "title": "Class"},
        *({"name": name, "title": f"Rank: {DETECTORS[name]}"} for name in names),  # type: ignore[list-item]
        {"name": "mean_rank", "title": "Mean rank"},
        {"name": "disagreement", "title": "Rank disagreement"},
        {"name": "odd_at", "title": f"Odd at ({found.model.unit})"},
    ]
    cells = _cells(found, rows)
    if found.relevance is not None:
        columns.insert(3, {"name": "relevance", "title": "Relevance"})
        for row, line in zip(rows, cells, strict=True):
            line.insert(3, float(found.relevance[row]))
    by = "relevance, learned from the marks" if found.relevance is not None else "mean rank"
    return views.table(
        "outliers",
        "The oddest spectra",
        columns=columns,
        rows=cells,
        marking="marks" if found.model.remembered.knows([line[1] for line in cells]) else None,
        note=f"By {by}. {note(found)}Rank 1 is the oddest. Rank disagreement is the standard deviation of "
        "the ranks over the number of spectra: 0 all detectors agree, 0.5 they could not be less alike. Odd "
        "at: the strongest deviations from what principal components expect, at least 5 times the usual "
        "scatter there.",
    )


def _cells(found: Findings, rows: IntArray) -> list[list[Any]]:
    batch = found.features.take(rows)
    deviations = found.model.residuals.deviations(found.model.frame.rows(batch.flux))
    return [
        [
            int(row),
            name,
            label,
            *(int(rank) for rank in found.ranking.ranks[:, row]),
            float(found.ranking.mean[row]),
            float(found.ranking.disagreement[row]),
            found.model.told_points(deviations[place]),
        ]
        for place, (row, name, label) in enumerate(zip(rows, batch.names, batch.labels, strict=True))
    ]


def _disagreed(found: Findings) -> views.View:
    """Show what one detector finds very odd and the others do not."""
    ranks = found.ranking.ranks
    best = ranks.min(axis=0)
    few = max(int(0.01 * ranks.shape[1]), 1)
    among = np.flatnonzero(best <= few)
    rows = among[np.argsort(-found.ranking.disagreement[among], kind="stable")][:DISAGREED]
    batch = found.features.take(rows)
    names = list(found.model.detectors)
    cells = [
        [
            int(row),
            name,
            DETECTORS[names[int(ranks[:, row].argmin())]],
            int(best[row]),
            float(found.ranking.mean[row]),
            float(found.ranking.disagreement[row]),
        ]
        for row, name in zip(rows, batch.names, strict=True)
    ]
    return views.table(
        "disagreement",
        "Odd to one detector, common to others",
        columns=[
            {"name": "spectrum", "title": "Spectrum"},
            {"name": "name", "title": "Name"},
            {"name": "detector", "title": "Detector"},
            {"name": "rank", "title": "Its rank"},
            {"name": "mean_rank", "title": "Mean rank"},
            {"name": "disagreement", "title": "Rank disagreement"},
        ],
        rows=cells,
        note="Of the oddest hundredth of any detector, those that the detectors disagree about most.",
    )


def _agreement(run: Run, found: Findings) -> views.View:
    names = list(found.model.detectors)
    correlation = found.ranking.agreement()
    pairs = correlation[np.triu_indices(len(names), 1)]
    run.metric("rank_correlation", float(np.nan_to_num(pairs).mean()))
    return views.table(
        "agreement",
        "Rank correlation of the detectors",
        columns=[
            {"name": "detector", "title": "Detector"},
            *({"name": name, "title": DETECTORS[name]} for name in names),  # type: ignore[list-item]
        ],
        rows=[
            [DETECTORS[name], *(float(value) for value in correlation[number])]
            for number, name in enumerate(names)
        ],
        note="1: the same order of all spectra; 0: none in common.",
    )

"""Fits the detectors to a sample, scores all rows chunk by chunk, ranks them and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.outliers import marks
from deepaas_plugins.methods.outliers.detectors import fitting
from deepaas_plugins.methods.outliers.detectors.fitting import Fitted
from deepaas_plugins.methods.outliers.detectors.reconstruction import Reconstruction
from deepaas_plugins.methods.outliers.model import OutlierModel
from deepaas_plugins.methods.outliers.ranking import Ranking, Scores, quantile_nodes, quantile_of
from deepaas_plugins.methods.outliers.relevance import Relevance, usual_distance
from deepaas_plugins.methods.outliers.remembered import MOST, NAME_LENGTH, Remembered
from deepaas_plugins.methods.outliers.report import Findings, report
from deepaas_plugins.methods.outliers.scorer import Scorer
from deepaas_plugins.methods.unsupervised import sample
from deepaas_plugins.methods.unsupervised.frame import Frame, Matrix, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

if TYPE_CHECKING:
    from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]


def train(features: FeatureSet, params: Json, run: Run) -> OutlierModel:
    """Fit, rank and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress, metrics and the report.

    Returns
    -------
    OutlierModel
        The fitted detectors.

    Raises
    ------
    InvalidInput
        The rows cannot be compared, or marks are of spectra that are not there.
    Cancelled
        The run was asked to stop.
    """
    _check(features, params)
    marked = _marked(features, params)
    rows = sample.choose(features.rows, features.columns, params["sample_rows"], params["seed"])
    matrix = sample.read(features, rows)
    are_spectra = features.wavelength is not None
    frame = Frame.fit(matrix, zeros_missing=are_spectra, standardise=are_spectra and params["standardise"])
    inside = frame.rows(matrix)
    run.metric("spectra", features.rows)
    run.metric("spectra_sampled", len(rows))
    axes = _axes(features, frame, inside, params, run)
    residuals = Reconstruction.fit(axes, inside)
    fitted = fitting.fit(inside, frame, residuals, params, run)
    space = _Space(features, frame, axes, usual_distance(axes.coordinates(inside.values)))
    del matrix, inside
    scored = _score(space, fitted, rows, space.relevance(marked, params["seed"]), run)
    run.progress(0, 1, "report", "ranking all spectra")
    ranking = Ranking.of(scored.scores)
    nodes = {name: quantile_nodes(each) for name, each in zip(fitted.detectors, scored.scores, strict=True)}
    together = np.mean(
        [quantile_of(each, nodes[name]) for name, each in zip(nodes, scored.scores, strict=True)], axis=0
    )
    scorer = Scorer(
        frame=frame,
        axes=axes,
        detectors=fitted.detectors,
        residuals=residuals,
        score_nodes=nodes,
        mean_nodes=quantile_nodes(together),
        remembered=space.remembered(ranking.order, marked),
        wavelength=features.wavelength,
    )
    oddness = quantile_of(together, scorer.mean_nodes)
    relevant = None if scored.weight is None else (oddness * scored.weight).astype(np.float32)
    report(run, Findings(features, scorer, ranking, relevant, sampled=len(rows)), params["shown"])
    run.progress(1, 1, "report")
    return OutlierModel(features.recipe, None, scorer, params)


def _check(features: FeatureSet, params: Json) -> None:
    """Reject what is known to be too little before anything is read."""
    if features.rows < 2:
        raise InvalidInput("The feature set has one spectrum: there is nothing to compare it with.")
    if params["lof"] and features.rows <= params["neighbours"]:
        raise InvalidInput(
            f"Parameter neighbours = {params['neighbours']}: there are {features.rows} spectra, and each "
            f"needs so many others. Give at most {features.rows - 1}, or switch lof off."
        )


def _marked(features: FeatureSet, params: Json) -> dict[int, float]:
    """Return the marks by row."""
    wanted = marks.parse(params["marks"])
    if not wanted:
        return {}
    found = {row: wanted[name] for row, name in enumerate(features.names()) if name in wanted}
    unknown = sorted(set(wanted) - set(features.take(list(found)).names))
    if unknown:
        raise InvalidInput(
            f"Parameter marks: {unknown[0]!r} is none of the {features.rows} spectra. Marks name spectra as "
            "the report does."
        )
    return found


def _axes(features: FeatureSet, frame: Frame, inside: Rows, params: Json, run: Run) -> PrincipalAxes:
    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "components")

    chunks = (rows for _, _, rows in sample.chunks(features, frame, tell))
    return PrincipalAxes.fit(chunks, frame.scatter, params["components"], inside)


@dataclass(frozen=True)
class _Space:
    """The rows, and the coordinates in which marks are learned."""

    features: FeatureSet
    frame: Frame
    axes: PrincipalAxes
    usual: float

    def coordinates(self, matrix: Matrix) -> Matrix:
        """Return rows along the principal axes, shape (rows, axes)."""
        return self.axes.coordinates(self.frame.rows(matrix).values)

    def relevance(self, marked: dict[int, float], seed: int) -> Relevance | None:
        """Learn the marks of rows, if there are any."""
        if not marked:
            return None
        features = self.coordinates(self.features.take(list(marked)).flux)
        return Relevance.learn(features, np.array(list(marked.values())), self.usual, seed)

    def remembered(self, order: IntArray, marked: dict[int, float]) -> Remembered:
        """Remember the first rows of an order, and those that are marked."""
        rows = np.unique(np.concatenate([order[:MOST], np.array(list(marked), dtype=np.int64)]))
        batch = self.features.take(rows)
        names = tuple(name[:NAME_LENGTH] for name in batch.names)
        return Remembered(names, self.coordinates(batch.flux), self.usual)


@dataclass(frozen=True)
class _Scored:
    """Scores of all rows, shape (detectors, rows), and what marks weigh them with, shape (rows,), or None."""

    scores: Scores
    weight: Scores | None


def _score(space: _Space, fitted: Fitted, rows: IntArray, relevance: Relevance | None, run: Run) -> _Scored:
    """Score all rows; `rows` are those of the sample."""

    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "score")

    count = space.features.rows
    scores = np.empty((len(fitted.detectors), count), dtype=np.float32)
    weight = None if relevance is None else np.empty(count, dtype=np.float32)
    whole = len(rows) == count
    for first, _, inside in sample.chunks(space.features, space.frame, tell):
        here = slice(first, first + len(inside))
        for number, (name, detector) in enumerate(fitted.detectors.items()):
            if not (whole and name in fitted.sample_scores):
                scores[number, here] = detector.score(inside)
        if relevance is not None and weight is not None:
            weight[here] = relevance.weight(space.axes.coordinates(inside.values))
    for number, name in enumerate(fitted.detectors):
        if name in fitted.sample_scores:
            scores[number, rows] = fitted.sample_scores[name]
    return _Scored(scores, weight)

"""Trains the members and their stack, measures them on held-out objects, and reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.convolutions.training import model_of
from deepaas_plugins.methods.ensemble import stack
from deepaas_plugins.methods.ensemble.members import MemberTraining, Trained
from deepaas_plugins.methods.ensemble.model import MEMBERS, EnsembleModel
from deepaas_plugins.methods.ensemble.stack import Stack
from deepaas_plugins.methods.rdf import ordinal
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.rdf.trees.stored_forest import StoredForest
from deepaas_plugins.methods.spectral_features import weights
from deepaas_plugins.methods.spectral_features.decision_rule import Decision
from deepaas_plugins.pipeline import classification
from deepaas_plugins.pipeline.validation import comparison, labelled, scores
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def train(features: FeatureSet, params: Json, run: Run) -> EnsembleModel:
    """Train, cross-validate, and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainSchema`.
    run : Run
        Takes progress, metrics and the report.

    Returns
    -------
    EnsembleModel
        Trained on all labelled rows.

    Raises
    ------
    InvalidInput
        One class only, fewer spectra than folds, too many spectra, too few columns.
    Cancelled
        The run was asked to stop.
    """
    data, scale = labelled.of_classes(features, single=params["task"] == "ordinal"), None
    if len(data.rows) > params["maximum_rows"]:
        raise InvalidInput(
            f"{len(data.rows)} labelled spectra are more than maximum_rows = {params['maximum_rows']}: time "
            "grows with their cube. Label fewer, or train convolutions, which draws some of them."
        )
    if params["task"] == "ordinal":
        data, scale = ordinal.ordered(data)
    every = np.arange(len(data.rows))
    parts = data.folds(params["folds"], every, params["seed"])
    trainer = _Trainer(data, MemberTraining(data, params, run), params, run)
    held = _judge(trainer, scale, parts, features, run) if parts else None
    run.progress(0, 1, "train")
    trained, fitted = trainer.fit(every)
    run.progress(1, 1, "train")
    for name, weight in zip(MEMBERS, fitted.weights, strict=True):
        run.metric(f"weight:{name}", float(weight / fitted.weights.sum()))
    model = _model(trainer, trained, fitted, scale, features)
    model.held_out = held
    return model


@dataclass(frozen=True)
class _Trainer:
    data: Labelled
    members: MemberTraining
    params: Json
    run: Run

    def fit(self, learn: IntArray) -> tuple[Trained, Stack]:
        """Train the members, and the stack on predictions of theirs for left-out objects."""
        trained = self.members.fit(learn)
        inner = self.members.left_out(learn, trained, self.params["seed"])
        of_objects = weights.of_objects(self.data.objects.members[learn], self.params["object_weight"])
        prior_step = self.params["prior_step"] and self.params["task"] != "ordinal"
        target = self.data.target[learn]
        return trained, stack.fit(inner, target, of_objects, prior_step=prior_step)

    def cross_validate(self, parts: list[Split], phase: str) -> tuple[FloatArray, FloatArray]:
        """Return probabilities of the stack, shape (rows, classes), and of each of the members."""
        shape = (len(self.data.rows), self.members.classes)
        found, each = np.full(shape, np.nan), np.full((len(MEMBERS), *shape), np.nan)
        for number, (learn, judge) in enumerate(parts):
            self.run.stop_if_cancelled()
            self.run.progress(number, len(parts), phase, f"fold {number + 1} of {len(parts)}")
            trained, fitted = self.fit(learn)
            each[:, judge] = self.members.predict(trained, judge)
            found[judge] = fitted.combine(each[:, judge])
        self.run.progress(len(parts), len(parts), phase)
        return found, each


def _judge(
    trainer: _Trainer, scale: FloatArray | None, parts: list[Split], features: FeatureSet, run: Run
) -> HeldOut:
    """Report the cross-validation; return its probabilities."""
    data, params = trainer.data, trainer.params
    decision = Decision.of(scale, params)
    found, each = trainer.cross_validate(parts, "evaluate")
    winners = decision.winners(found)
    true, told = data.spread_out(data.target, -1), data.spread_out(winners, -1)
    classes = data.classes or []
    classification.report(run, classes, true, told, split="cross-validation")
    run.metric("calibration_error", classification.calibration_error(found, data.target))
    classification.report_probabilities(run, features.names(), classes, true, data.spread_out(found, np.nan))
    if scale is not None:
        ordinal.report(run, scale, true, told)
    _report_members(data, winners, [decision.winners(one) for one in each], run)
    comparison.report(
        data,
        np.arange(len(data.rows)),
        parts,
        winners,
        lambda folds: decision.winners(trainer.cross_validate(folds, comparison.PHASE)[0]),
        method="The ensemble",
        params=params,
        features=features,
        run=run,
    )
    return data.held_out(found)


def _report_members(data: Labelled, winners: IntArray, each: list[IntArray], run: Run) -> None:
    measured = {"ensemble": winners} | dict(zip(MEMBERS, each, strict=True))
    rows = []
    for name, found in measured.items():
        balanced = scores.balanced_accuracy(found, data.target)
        rows.append([name, balanced, float(np.mean(found == data.target))])
        if name in MEMBERS:
            run.metric(f"balanced_accuracy:{name}", balanced)
    columns: list[views.Column] = [
        {"name": "model", "title": "Model"},
        {"name": "balanced_accuracy", "title": "Balanced accuracy"},
        {"name": "accuracy", "title": "Accuracy"},
    ]
    run.report(
        views.table(
            "members",
            "The ensemble and its members (cross-validation)",
            columns=columns,
            rows=rows,
            note="All on the same folds; the weights of the members and the step of each class were found "
            "within each training part.",
        )
    )


def _model(
    trainer: _Trainer, trained: Trained, fitted: Stack, scale: FloatArray | None, features: FeatureSet
) -> EnsembleModel:
    members, data = trainer.members, trainer.data
    forest = ForestModel(
        forest=StoredForest(trained.forest),
        recipe=features.recipe,
        classes=data.classes,
        calibration=None,
        parameters=members.of_trees,
        wavelength=features.wavelength,
        inputs=trained.inputs,
        scale=scale,
    )
    ridge = model_of(members.kernels, trained.ridge, data, features, members.of_ridge)
    return EnsembleModel(
        forest=forest,
        ridge=ridge,
        stack=fitted,
        scale=scale,
        recipe=features.recipe,
        classes=data.classes or [],
        parameters=trainer.params,
        wavelength=features.wavelength,
    )

"""Trains on the labelled rows, judges on objects that were left out, and reports."""

from __future__ import annotations

from typing import Any

import numpy as np
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.run import Run
{% if task == "Regression" %}
from deepaas_plugins.pipeline.validation.labelled import of_values
{% else %}
from deepaas_plugins.pipeline import classification
from deepaas_plugins.pipeline.validation.labelled import of_classes
{% endif %}
from spectra import FeatureSet

from {{ package }}.estimator import fit
from {{ package }}.model import TrainedModel

#: Share of the objects by which the model is judged, and the seed of the choice.
LEFT_OUT, SEED = 0.25, 0


def train(features: FeatureSet, params: dict[str, Any], run: Run) -> TrainedModel:
    """Return the model trained on all labelled rows."""
{% if task == "Regression" %}
    data = of_values(features)
    target = data.target[:, None].astype(np.float64)
{% else %}
    data = of_classes(features)
    target = np.eye(len(data.classes))[data.target]
{% endif %}
    learn, test = data.hold_back(LEFT_OUT, SEED)
    run.progress(0, 2, "judge")
    judged = fit(data.matrix[learn], target[learn], params, run).outputs(data.matrix[test])
{% if task == "Regression" %}
    error = judged[:, 0] - data.target[test]
    run.metric("rmse", float(np.sqrt(np.mean(error**2))))
    run.metric("r2", float(1.0 - np.mean(error**2) / np.var(data.target[test])))
{% else %}
    true, predicted = (np.full(features.rows, -1) for _ in range(2))
    true[data.rows[test]], predicted[data.rows[test]] = data.target[test], judged.argmax(axis=1)
    classification.report(run, data.classes, true, predicted, split="held-out objects")
{% endif %}
    run.stop_if_cancelled()
    estimator = fit(data.matrix, target, params, run, checkpoints=run.checkpoints)
    model = TrainedModel(estimator, features.recipe, data.classes, params, features.wavelength)
    # From these the platform calibrates sets of classes, or intervals.
    model.held_out = HeldOut(
        rows=data.rows[test],
        predicted={{ "judged[:, 0]" if task == "Regression" else "judged" }},
        target=data.target[test],
        members=data.objects.members[test],
        classes=data.classes,
    )
    return model

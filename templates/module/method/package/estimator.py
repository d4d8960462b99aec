"""The method itself: a linear model, fitted by gradient descent. Put yours in its place.

`fit` and `Estimator` are all that the other files need: rows of fluxes in, rows of outputs out
({% if task == "Regression" %}one number each{% else %}one probability per class{% endif %}).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


class Estimator:
    """Weights on standardised fluxes."""

    def __init__(self, weights: Any, offset: Any, scale: Any) -> None:
        self.weights, self.offset, self.scale = weights, offset, scale

    def outputs(self, flux: Any) -> Any:
        """Return the outputs of rows, shape (rows, outputs)."""
        inputs = (np.asarray(flux, dtype=np.float64) - self.offset) / self.scale
        return activated(np.column_stack([inputs, np.ones(len(inputs))]) @ self.weights)

    def save(self, folder: Path) -> None:
        """Write the arrays; no pickle."""
        np.savez(folder / "weights.npz", weights=self.weights, offset=self.offset, scale=self.scale)

    @classmethod
    def load(cls, folder: Path) -> Estimator:
        """Return what `save` wrote."""
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            return cls(arrays["weights"], arrays["offset"], arrays["scale"])


def activated(values: Any) -> Any:
    """Return {% if task == "Regression" %}numbers as they are{% else %}probabilities: softmax{% endif %}."""
{% if task == "Regression" %}
    return values
{% else %}
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
{% endif %}


def fit(flux: Any, target: Any, params: dict[str, Any], run: Any, checkpoints: Any = None) -> Estimator:
    """Return an estimator; goes on from a checkpoint of an earlier attempt where there is one."""
    matrix = np.asarray(flux, dtype=np.float64)
    offset, scale = matrix.mean(axis=0), matrix.std(axis=0).mean() or 1.0
    inputs = np.column_stack([(matrix - offset) / scale, np.ones(len(matrix))])
    weights, first = np.zeros((inputs.shape[1], target.shape[1])), 0
    if checkpoints is not None and checkpoints.brought is not None:
        with np.load(checkpoints.brought.folder / "state.npz", allow_pickle=False) as state:
            weights, first = state["weights"], checkpoints.brought.step
    rate = params["learning_rate"] / inputs.shape[1]
    for step in range(first, params["steps"]):
        run.stop_if_cancelled()
        weights = weights - rate * (inputs.T @ (activated(inputs @ weights) - target)) * 10.0 / len(inputs)
        run.progress(step + 1, params["steps"], "fit" if checkpoints is not None else "judge")
        if checkpoints is not None and checkpoints.due:
            with checkpoints.save(step + 1) as folder:
                np.savez(folder / "state.npz", weights=weights)
    return Estimator(weights, offset, scale)

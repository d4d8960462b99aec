"""How wide ordinal answers of boosting are: by its errors for objects that were left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf.training_inputs import TrainingInputs
from deepaas_plugins.methods.rdf.trees.boosting import Boosting
from deepaas_plugins.methods.rdf.trees.forest import Forest, grow, new_forest

#: One of so many parts of the training objects is left out.
PARTS = 4
#: Narrowest, in steps of the scale: half of the finest that types are given in.
NARROWEST = 0.25


def found(
    inputs: TrainingInputs, learn: npt.NDArray[np.int64], params: dict[str, Any], run: Run
) -> float | None:
    """Return the robust deviation of places that boosting gives to left-out training objects.

    Parameters
    ----------
    inputs : TrainingInputs
        The labelled rows; their scale says whether classes are ordinal.
    learn : ndarray
        Rows that train, shape (n,).
    params : dict
        Of `TrainSchema`.
    run : Run
        Whether to stop.

    Returns
    -------
    float or None
        In steps of the scale; None where there is no such answer.
    """
    forest = new_forest(params, inputs.scale)
    if inputs.scale is None or not isinstance(forest, Boosting):
        return None
    parts = min(PARTS, len(np.unique(inputs.data.objects.members[learn])))
    if parts < 2:
        return 1.0
    some, others = inputs.data.folds(parts, learn, params["seed"])[0]
    fitted = inputs.fit(some)
    target = inputs.data.target
    grow(
        forest,
        inputs.features(fitted, some),
        target[some],
        params["trees"],
        weights=inputs.weights(some),
        run=run,
        after=lambda _grown: None,
    )
    errors = forest.values(inputs.features(fitted, others)) - inputs.scale[target[others]]
    return max(float(1.4826 * np.median(np.abs(errors))), NARROWEST)


def set_width(
    forest: Forest, inputs: TrainingInputs, learn: npt.NDArray[np.int64], params: dict[str, Any], run: Run
) -> None:
    """Give boosting that is about to learn from some rows the width that `found` returns.

    Parameters
    ----------
    forest : Forest
        Without a tree; of another kind: nothing is done.
    inputs, learn, params, run
        As of `found`.
    """
    width = found(inputs, learn, params, run)
    if width is not None:
        forest.width = width

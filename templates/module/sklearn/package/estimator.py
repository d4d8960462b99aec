"""A scikit-learn estimator, saved by skops: it names the types that it needs, and runs no code when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import skops.io
{% if task == "Regression" %}
from sklearn.ensemble import ExtraTreesRegressor as Wrapped
{% else %}
from sklearn.ensemble import ExtraTreesClassifier as Wrapped
{% endif %}

#: What the file may name beside numbers and arrays; another estimator needs other types.
TRUSTED = ["sklearn.tree._tree.Tree"]
SEED = 0


class Estimator:
    """The wrapped estimator."""

    def __init__(self, wrapped: Wrapped) -> None:
        self.wrapped = wrapped

    def outputs(self, flux: Any) -> Any:
        """Return the outputs of rows, shape (rows, outputs)."""
{% if task == "Regression" %}
        return self.wrapped.predict(flux)[:, None]
{% else %}
        return self.wrapped.predict_proba(flux)
{% endif %}

    def save(self, folder: Path) -> None:
        """Write the estimator."""
        skops.io.dump(self.wrapped, folder / "estimator.skops")

    @classmethod
    def load(cls, folder: Path) -> Estimator:
        """Return what `save` wrote; another type in the file is an error."""
        return cls(skops.io.load(folder / "estimator.skops", trusted=TRUSTED))


def fit(flux: Any, target: Any, params: dict[str, Any], run: Any, checkpoints: Any = None) -> Estimator:
    """Return a fitted estimator; `checkpoints` are not used: it takes seconds."""
    del checkpoints
    run.stop_if_cancelled()
    wrapped = Wrapped(n_estimators=params["trees"], min_samples_leaf=params["leaf"], random_state=SEED)
{% if task == "Regression" %}
    wrapped.fit(flux, np.asarray(target)[:, 0])
{% else %}
    wrapped.fit(flux, np.asarray(target).argmax(axis=1))
{% endif %}
    run.progress(1, 1, "fit")
    return Estimator(wrapped)

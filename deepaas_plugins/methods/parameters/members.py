"""The members whose answers are combined: kernel machines on each part of a spectrum, and trees on all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.parameters.machine import Machine
from deepaas_plugins.methods.rdf.trees.flat_forest import FlatForest

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

#: Parts of the representation ``log_stack``: logarithm, high-pass of it, derivative.
PARTS = 3


@dataclass(frozen=True)
class Setting:
    """What a kernel machine sees, and how it is fitted.

    Attributes
    ----------
    part
        Number of the part, or None: all.
    cost, gamma
        Of the machine.
    """

    part: int | None
    cost: float
    gamma: float

    def of(self, matrix: Matrix) -> Matrix:
        """Return the features that the machine sees."""
        if self.part is None:
            return matrix
        size = matrix.shape[1] // PARTS
        return matrix[:, self.part * size : (self.part + 1) * size]


#: Chosen on MILES stars of 3500–9500 K with the first split seed.
SETTINGS = (
    Setting(0, 10.0, 0.4),
    Setting(1, 10.0, 1.0),
    Setting(2, 3.0, 0.5),
    Setting(None, 30.0, 0.1),
    Setting(None, 3.0, 1.0),
)
#: Share of features that a split of a tree chooses from.
SPLIT_FEATURES = 0.1


@dataclass(frozen=True)
class Members:
    """Trained members.

    Attributes
    ----------
    machines
        One for each of `SETTINGS`.
    trees
        With an output for each target.
    """

    machines: Sequence[Machine]
    trees: FlatForest

    @classmethod
    def fit(cls, matrix: Matrix, target: FloatArray, params: Json, threads: int) -> Members:
        """Fit all members to training rows.

        Parameters
        ----------
        matrix : ndarray
            Representation ``log_stack``, shape (rows, features).
        target : ndarray
            Standardised, shape (rows, targets).
        params : Json
            Of `TrainSchema`.
        threads : int
            For the trees.

        Returns
        -------
        Members
            As arrays.
        """
        from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415 - predicting needs NumPy alone

        machines = [
            Machine.fit(
                each.of(matrix),
                target,
                cost=each.cost,
                gamma=each.gamma,
                components=params["components"],
                seed=params["seed"],
            )
            for each in SETTINGS
        ]
        forest = ExtraTreesRegressor(
            params["trees"], max_features=SPLIT_FEATURES, n_jobs=threads, random_state=params["seed"]
        ).fit(matrix, target[:, 0] if target.shape[1] == 1 else target)
        flat = FlatForest.of(forest.estimators_, matrix.shape[1])
        values = np.concatenate([tree.tree_.value[:, :, 0] for tree in forest.estimators_])
        return cls(machines, replace(flat, values=np.ascontiguousarray(values)))

    def predict(self, matrix: Matrix) -> FloatArray:
        """Return the answers of all members.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, features).

        Returns
        -------
        ndarray
            Standardised targets, shape (members, rows, targets).
        """
        machines = [
            machine.predict(each.of(matrix)) for each, machine in zip(SETTINGS, self.machines, strict=True)
        ]
        return np.stack([*machines, self.trees.mean(matrix)])

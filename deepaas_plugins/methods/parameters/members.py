"""The members whose answers are combined: kernel machines on each part of a spectrum, and trees on all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.parameters.machine import Axes, Machine
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
    times
        Multiple of the number of principal components.
    """

    part: int | None
    cost: float
    gamma: float
    times: float = 1.0

    def of(self, matrix: Matrix) -> Matrix:
        """Return the features that the machine sees."""
        if self.part is None:
            return matrix
        size = matrix.shape[1] // PARTS
        return matrix[:, self.part * size : (self.part + 1) * size]


#: Costs and kernels whose answers are averaged, on these multiples of the number of components.
KERNELS = ((10.0, 0.4), (3.0, 1.0), (30.0, 0.1))
MULTIPLES = (1.0, 5.0 / 3.0)
#: Machines by the member that they are averaged to: each part of a spectrum, and all together.
Layout = Sequence[Sequence[Setting]]
LAYOUT: Layout = tuple(
    tuple(Setting(part, cost, gamma, times) for times in MULTIPLES for cost, gamma in KERNELS)
    for part in (*range(PARTS), None)
)
#: Of models that were made with a single machine for each member.
SINGLE: Layout = tuple(
    (Setting(*one),)
    for one in ((0, 10.0, 0.4), (1, 10.0, 1.0), (2, 3.0, 0.5), (None, 30.0, 0.1), (None, 3.0, 1.0))
)
#: Layouts by the number of their machines.
LAYOUTS = {sum(map(len, layout)): layout for layout in (LAYOUT, SINGLE)}
#: Share of features that a split of a tree chooses from.
SPLIT_FEATURES = 0.1


@dataclass(frozen=True)
class Members:
    """Trained members.

    Attributes
    ----------
    machines
        One for each setting of the layout, in its order.
    trees
        With an output for each target.
    layout
        Which machines are averaged.
    """

    machines: Sequence[Machine]
    trees: FlatForest
    layout: Layout = LAYOUT

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

        machines = [machine for some in LAYOUT for machine in _machines(some, matrix, target, params)]
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
        answers, machines = [], iter(self.machines)
        for some in self.layout:
            each = [next(machines).predict(setting.of(matrix)) for setting in some]
            answers.append(np.mean(each, axis=0))
        return np.stack([*answers, self.trees.mean(matrix)])


def _machines(settings: Sequence[Setting], matrix: Matrix, target: FloatArray, params: Json) -> list[Machine]:
    """Fit the machines of a member, which see the same part: its axes are found once."""
    counts = [max(1, round(setting.times * params["components"])) for setting in settings]
    axes = Axes.of_rows(settings[0].of(matrix), max(counts), params["seed"])
    return [
        Machine.on_axes(axes.first(count), target, cost=setting.cost, gamma=setting.gamma)
        for setting, count in zip(settings, counts, strict=True)
    ]

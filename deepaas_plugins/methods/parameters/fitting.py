"""Members, and their weights found on left-out objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.parameters.machine import Machine
from deepaas_plugins.methods.parameters.members import LAYOUT, Members, Setting
from deepaas_plugins.methods.parameters.targets import Scaling

if TYPE_CHECKING:
    from deepaas_plugins.pipeline.validation.splits import Split

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

#: Folds inside a training part, on which weights are found.
INNER_FOLDS = 5
#: Passes of the robust weights, and deviations beyond which a row does not count for them.
PASSES, OUTLYING = 5, 2.5
#: A large number that holds the sum of the weights at 1.
HOLD = 1e3
#: The machine of the second step, which sees the answers of all members.
SECOND = Setting(0, 3.0, 0.2)


@dataclass(frozen=True)
class Combination:
    """Answers of members become one: their weighted mean, and a machine that sees all answers at once.

    Attributes
    ----------
    weights
        Of members for each target, shape (members, targets), of sum 1.
    second
        Learns the targets of the standardised answers of all members: temperature tells of gravity.
    share
        Of the second machine in the answer for each target, shape (targets,).
    """

    weights: FloatArray
    second: Machine
    share: FloatArray

    def combine(self, answers: FloatArray) -> FloatArray:
        """Return standardised targets.

        Parameters
        ----------
        answers : ndarray
            Shape (members, rows, targets).

        Returns
        -------
        ndarray
            Shape (rows, targets).
        """
        first, second = self.both(answers)
        return np.asarray((1.0 - self.share) * first + self.share * second)

    def both(self, answers: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the weighted mean and the answer of the second machine, each of shape (rows, targets)."""
        first = np.einsum("mrt,mt->rt", answers, self.weights)
        return first, self.second.predict(side_by_side(answers))


def side_by_side(answers: FloatArray) -> Matrix:
    """Return answers as features, shape (rows, members · targets)."""
    return np.concatenate(list(answers), axis=1).astype(np.float32)


@dataclass(frozen=True)
class Fitted:
    """What was learned from training rows.

    Attributes
    ----------
    scaling
        Of the targets.
    members, combination
        From representations to standardised targets.
    """

    scaling: Scaling
    members: Members
    combination: Combination

    def standard(self, matrix: Matrix) -> FloatArray:
        """Return standardised targets of representations, shape (rows, targets)."""
        return self.combination.combine(self.members.predict(matrix))


def fit(
    matrix: Matrix,
    values: FloatArray,
    inner: Sequence[Split],
    params: Json,
    *,
    threads: int,
    after: Callable[[], None],
) -> Fitted:
    """Fit to training rows.

    Parameters
    ----------
    matrix : ndarray
        Representations, shape (rows, features).
    values : ndarray
        Of the targets, shape (rows, targets).
    inner : sequence of Split
        Folds of these rows by object.
    params : Json
        Of `TrainSchema`.
    threads : int
        For the trees.
    after : Callable
        Called after each fit of the members.

    Returns
    -------
    Fitted
        Of these rows alone.
    """
    scaling = Scaling.of_values(values, automatic=params["target_scale"] == "auto")
    target = scaling.standard(values)
    answers = np.zeros((len(LAYOUT) + 1, *target.shape))
    for learn, judge in inner:
        members = Members.fit(matrix[learn], target[learn], params, threads)
        answers[:, judge] = members.predict(matrix[judge])
        after()
    share = _share(answers, target, inner, params)
    combination = _combination(answers, target, share, params)
    members = Members.fit(matrix, target, params, threads)
    after()
    return Fitted(scaling, members, combination)


def _share(answers: FloatArray, target: FloatArray, inner: Sequence[Split], params: Json) -> FloatArray:
    """Return the share of the second machine, found on rows that neither step has seen."""
    first, second = np.zeros_like(target), np.zeros_like(target)
    even = np.full(target.shape[1], 0.5)
    for learn, judge in inner:
        made = _combination(answers[:, learn], target[learn], even, params)
        first[judge], second[judge] = made.both(answers[:, judge])
    pairs = np.stack([first, second], axis=1)
    return np.array([robust_weights(pairs[:, :, each], target[:, each])[1] for each in range(len(even))])


def _combination(answers: FloatArray, target: FloatArray, share: FloatArray, params: Json) -> Combination:
    weights = np.stack(
        [robust_weights(answers[:, :, each].T, target[:, each]) for each in range(target.shape[1])], axis=1
    )
    second = Machine.fit(
        side_by_side(answers),
        target,
        cost=SECOND.cost,
        gamma=SECOND.gamma,
        components=answers.shape[0] * answers.shape[2],
        seed=params["seed"],
    )
    return Combination(weights, second, share)


def robust_weights(answers: FloatArray, target: FloatArray) -> FloatArray:
    """Return weights ≥ 0 of sum 1 with the least squares of rows that are not outlying.

    Parameters
    ----------
    answers : ndarray
        Shape (rows, members).
    target : ndarray
        Shape (rows,).

    Returns
    -------
    ndarray
        Shape (members,).
    """
    from scipy.optimize import nnls  # noqa: PLC0415 - predicting needs NumPy alone

    size = answers.shape[1]
    weights = np.full(size, 1.0 / size)
    for _ in range(PASSES):
        error = answers @ weights - target
        error -= np.median(error)
        limit = OUTLYING * 1.4826 * np.median(np.abs(error))
        near = np.abs(error) <= max(limit, np.finfo(float).tiny)
        system = np.vstack([answers[near], np.full((1, size), HOLD)])
        weights = nnls(system, np.append(target[near], HOLD))[0]
        weights = weights / weights.sum() if weights.sum() > 0 else np.full(size, 1.0 / size)
    return weights

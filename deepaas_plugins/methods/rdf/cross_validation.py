"""Cross-validation of a forest: each fold is predicted by a forest that was not trained on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import boosting_width
from deepaas_plugins.methods.rdf.training_inputs import TrainingInputs
from deepaas_plugins.methods.rdf.trees.boosting import Boosting
from deepaas_plugins.methods.rdf.trees.forest import Forest, grow, new_forest, votes
from deepaas_plugins.methods.spectral_features import smote
from deepaas_plugins.pipeline.validation.splits import Split

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
#: From (prediction, truth) to one number.
Score = Callable[[FloatArray, npt.NDArray[Any]], float]


@dataclass(frozen=True)
class CrossValidation:
    """The result of a cross-validation.

    Attributes
    ----------
    predicted
        Class probabilities, shape (n, classes), or values, shape (n, 1); NaN for rows in no fold.
    fold
        The fold that held out each row, shape (n,); -1 for none.
    by_trees
        Score against the number of trees, mean of the folds: ``[(trees, score)]``.
    first
        The first fold's forest, its held-out rows and their features.
    """

    predicted: FloatArray
    fold: npt.NDArray[np.int64]
    by_trees: Sequence[tuple[int, float]]
    first: tuple[Forest, npt.NDArray[np.int64], Matrix]


class _Fold:
    """One fold's forest: its new trees vote after each block, so that no tree votes twice."""

    def __init__(self, inputs: TrainingInputs, split: Split, params: dict[str, Any], score: Score) -> None:
        self.learn, self.judge = split
        self.forest = new_forest(params, inputs.scale)
        self.scores: list[tuple[int, float]] = []
        data, fitted = inputs.data, inputs.fit(self.learn)
        self.examples = inputs.examples(fitted, self.learn)
        self.matrix, self._truth = inputs.features(fitted, self.judge), data.target[self.judge]
        self._sums = np.zeros((len(self.judge), len(data.classes) if data.classes is not None else 1))
        self._voted = 0
        self._score = score

    def vote(self, trees: int) -> None:
        # A rare class may be missing from the rows that this fold learned from.
        columns = self.forest.classes_ if hasattr(self.forest, "classes_") else [0]
        if isinstance(self.forest, Boosting):  # its trees do not vote: they correct each other
            self._sums[:, columns], self._voted = self.forest.answers(self.matrix), 1
        else:
            vote = votes(self.forest.estimators_[self._voted : trees], self.matrix, self.forest.n_jobs)
            self._sums[:, columns] += vote
            self._voted = trees
        self.scores.append((trees, self._score(self.predicted, self._truth)))

    @property
    def predicted(self) -> FloatArray:
        return self._sums / self._voted


def cross_validate(
    inputs: TrainingInputs,
    splits: Sequence[Split],
    params: dict[str, Any],
    score: Score,
    run: Run,
    *,
    phase: str = "evaluate",
) -> CrossValidation:
    """Grow a forest for each fold and predict the held-out rows with it.

    Parameters
    ----------
    inputs
        The labelled rows and their features.
    splits
        The folds.
    params
        Of `TrainSchema`.
    score
        What is measured against the number of trees.
    run
        Takes progress.
    phase
        Name of the progress.

    Raises
    ------
    Cancelled
        The run was asked to stop.
    """
    data = inputs.data
    width = len(data.classes) if data.classes is not None else 1
    predicted = np.full((len(data.rows), width), np.nan)
    number_of = np.full(len(data.rows), -1, dtype=np.int64)
    staged: dict[int, list[float]] = defaultdict(list)
    trees = params["trees"]
    firsts: list[_Fold] = []
    for number, split in enumerate(splits):
        fold = _Fold(inputs, split, params, score)
        boosting_width.set_width(fold.forest, inputs, split[0], params, run)

        def after(grown: int, fold: _Fold = fold, number: int = number) -> None:
            fold.vote(grown)
            done = number * trees + grown
            run.progress(done, len(splits) * trees, phase, f"fold {number + 1} of {len(splits)}")

        matrix, target, weights = fold.examples
        judged = not smote.wanted(params)
        grow(fold.forest, matrix, target, trees, weights=weights, run=run, after=after, judged=judged)
        del matrix, fold.examples
        predicted[fold.judge] = fold.predicted
        number_of[fold.judge] = number
        for grown, value in fold.scores:
            staged[grown].append(value)
        firsts = firsts or [fold]
    by_trees = [(grown, float(np.mean(values))) for grown, values in sorted(staged.items())]
    return CrossValidation(
        predicted, number_of, by_trees, (firsts[0].forest, firsts[0].judge, firsts[0].matrix)
    )

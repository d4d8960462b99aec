"""The members: a forest and a ridge on random convolutions, trained on some of the labelled rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.convolutions import fitting
from deepaas_plugins.methods.convolutions.kernels import Kernels
from deepaas_plugins.methods.convolutions.parameters import TrainSchema as ConvolutionSchema
from deepaas_plugins.methods.convolutions.training import kernel_features
from deepaas_plugins.methods.rdf.inputs import Inputs
from deepaas_plugins.methods.rdf.parameters import TrainSchema as ForestSchema
from deepaas_plugins.methods.rdf.training_inputs import TrainingInputs
from deepaas_plugins.methods.rdf.trees.forest import Forest, grow, new_forest
from deepaas_plugins.pipeline.validation.labelled import Labelled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Parameters of the ensemble that are those of a member.
_OF_TREES = (
    "task",
    "trees",
    "representation",
    "object_weight",
    "class_balance",
    "min_samples_leaf",
    "high_pass_width",
    "smoothing",
    "points",
    "templates",
    "folds",
    "seed",
)
_OF_CONVOLUTIONS = ("groups", "segments", "points", "object_weight", "class_balance", "folds", "seed")


def forest_parameters(params: Json) -> Json:
    """Return the parameters of the forest, of those of the ensemble."""
    given: Json = {name: params[name] for name in _OF_TREES}
    given |= {"variant": "extra_trees", "bootstrap": False, "class_weight": "power"}
    if params["feature_fraction"]:
        given |= {"max_features": "fraction", "feature_fraction": params["feature_fraction"]}
    return load_parameters(ForestSchema, given)


def convolution_parameters(params: Json) -> Json:
    """Return the parameters of the convolutions, of those of the ensemble."""
    given: Json = {name: params[name] for name in _OF_CONVOLUTIONS}
    return load_parameters(ConvolutionSchema, given)


@dataclass(frozen=True)
class Trained:
    """Both members.

    Attributes
    ----------
    inputs, forest
        What trees see; the trees.
    ridge
        Ridge and decision; its left-out probabilities are of the training rows.
    """

    inputs: Inputs
    forest: Forest
    ridge: fitting.Fitted


class MemberTraining:
    """Trains members on parts of the labelled rows; features are computed once.

    Parameters
    ----------
    data
        The labelled rows.
    params
        Of the ensemble.
    run
        Takes progress, and whether to stop.
    """

    def __init__(self, data: Labelled, params: Json, run: Run) -> None:
        self.data, self.run = data, run
        self.of_trees, self.of_ridge = forest_parameters(params), convolution_parameters(params)
        self._inner = params["inner_folds"]
        self.trees = TrainingInputs(data, self.of_trees)
        self.kernels = Kernels.draw(
            data.matrix.shape[1],
            groups=params["groups"],
            segments=params["segments"],
            points=params["points"],
            seed=params["seed"],
        )
        self.stored = kernel_features(self.kernels, data, self.of_ridge, run)

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        return len(self.data.classes or [])

    def fit(self, learn: IntArray) -> Trained:
        """Train both members on some rows.

        Parameters
        ----------
        learn : ndarray
            Numbers of labelled rows, shape (n,).

        Returns
        -------
        Trained
            Of these rows alone.
        """
        inputs, forest = self._grown(learn)
        members = self.data.objects.members[learn]
        ridge = fitting.fit(
            self.stored[learn], self.data.target[learn], members, classes=self.classes, params=self.of_ridge
        )
        return Trained(inputs, forest, ridge)

    def _grown(self, learn: IntArray) -> tuple[Inputs, Forest]:
        inputs, forest = self.trees.fit(learn), new_forest(self.of_trees)
        grow(
            forest,
            self.trees.features(inputs, learn),
            self.data.target[learn],
            self.of_trees["trees"],
            weights=self.trees.weights(learn),
            run=self.run,
            after=lambda _grown: None,
        )
        return inputs, forest

    def left_out(self, learn: IntArray, trained: Trained, seed: int) -> FloatArray:
        """Return probabilities of training rows, each learned from other objects.

        Parameters
        ----------
        learn : ndarray
            The rows that `trained` learned from, shape (n,).
        trained : Trained
            Its ridge has left each object out already.
        seed : int
            Of the inner folds.

        Returns
        -------
        ndarray
            Shape (members, n, classes).
        """
        of_trees = np.zeros((len(self.data.rows), self.classes))
        for some, others in self.data.folds(self._inner, learn, seed):
            inputs, forest = self._grown(some)
            of_trees[others] = self._votes(inputs, forest, others)
        return np.stack([of_trees[learn], trained.ridge.left_out])

    def predict(self, trained: Trained, rows: IntArray) -> FloatArray:
        """Return the probabilities of both members for labelled rows, shape (members, n, classes)."""
        return np.stack(
            [self._votes(trained.inputs, trained.forest, rows), trained.ridge.predict(self.stored[rows])]
        )

    def _votes(self, inputs: Inputs, forest: Any, rows: IntArray) -> FloatArray:
        found = np.zeros((len(rows), self.classes))
        found[:, forest.classes_] = forest.predict_proba(self.trees.features(inputs, rows))
        return found

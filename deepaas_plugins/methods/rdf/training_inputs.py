"""The features and weights of labelled rows, for forests that are trained on some of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.rdf.inputs import Inputs
from deepaas_plugins.methods.spectral_features import smote, weights
from deepaas_plugins.methods.spectral_features.representation import Representation
from deepaas_plugins.methods.spectral_features.templates import Templates
from deepaas_plugins.pipeline.validation.labelled import Labelled

Matrix = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Examples(NamedTuple):
    """Features, classes or values, and weights (None: all alike) of what a forest learns from."""

    matrix: Matrix
    target: npt.NDArray[Any]
    weights: FloatArray | None


class TrainingInputs:
    """The features of all labelled rows: representations are computed once, templates for each training part.

    Parameters
    ----------
    data
        The labelled rows, as they were prepared.
    params
        Of `TrainSchema`.
    scale
        Scale of ordinal classes, shape (classes,), or None.
    """

    def __init__(self, data: Labelled, params: Json, scale: FloatArray | None = None) -> None:
        self.data, self.params, self.scale = data, params, scale
        self._representation = Representation.of(params)
        self._represented = self._representation.of_spectra(data.matrix)

    def fit(self, learn: IntArray) -> Inputs:
        """Return what is learned from training rows.

        Parameters
        ----------
        learn : ndarray
            Numbers of the labelled rows that train, shape (n,).

        Returns
        -------
        Inputs
            Its templates are of these rows alone.
        """
        wanted = self.params["templates"] and self.data.classes is not None
        templates = Templates.of_rows(self.data.matrix[learn], self.data.target[learn]) if wanted else None
        return Inputs(self._representation, templates)

    def features(self, inputs: Inputs, rows: IntArray) -> Matrix:
        """Return the features of some labelled rows.

        Parameters
        ----------
        inputs : Inputs
            Of `fit`.
        rows : ndarray
            Numbers of labelled rows, shape (n,).

        Returns
        -------
        ndarray
            Shape (n, features), float32.
        """
        represented = self._represented[rows]
        if inputs.templates is None:
            return represented
        distances = inputs.templates.distances(self.data.matrix[rows])
        return np.concatenate([represented, distances], axis=1)

    def weights(self, rows: IntArray) -> FloatArray | None:
        """Return the weights of training rows, shape (n,), or None where all weigh alike.

        Parameters
        ----------
        rows : ndarray
            Numbers of labelled rows, shape (n,).
        """
        params, data = self.params, self.data
        by_class = params["class_weight"] == "power" and data.classes is not None
        if not by_class and not params["object_weight"]:
            return None
        found = weights.of_objects(data.objects.members[rows], params["object_weight"])
        if by_class:
            found = weights.of_classes(data.target[rows], found, params["class_balance"])
        return found

    def examples(self, inputs: Inputs, rows: IntArray) -> Examples:
        """Return what a forest learns from: training rows, with oversampling also synthetic ones.

        Parameters
        ----------
        inputs : Inputs
            Of `fit`.
        rows : ndarray
            Numbers of the labelled rows that train, shape (n,).
        """
        matrix, target = self.features(inputs, rows), self.data.target[rows]
        if not smote.wanted(self.params) or self.data.classes is None:
            return Examples(matrix, target, self.weights(rows))
        made = smote.synthetic(matrix, target, np.random.default_rng(self.params["seed"]))
        found = weights.of_objects(self.data.objects.members[rows], self.params["object_weight"])
        return Examples(
            np.concatenate([matrix, made.matrix]),
            np.concatenate([target, made.target]),
            np.concatenate([found, found[made.parents].mean(axis=1)]),
        )

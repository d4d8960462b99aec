"""Synthetic spectra of rare classes for a network: made for each batch, of rows that it learns from alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.spectral_features import smote

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """What a network learns from: rows, and synthetic ones between two of them.

    Attributes
    ----------
    first, second
        Rows of the training part, shape (n,) each; of a row that is not synthetic they are the same.
    share
        How far from the first towards the second, shape (n,).
    weights
        Shape (n,).
    """

    first: IntArray
    second: IntArray
    share: FloatArray
    weights: FloatArray

    @classmethod
    def plain(cls, learn: IntArray, weights: FloatArray) -> Examples:
        """Return the rows as they are.

        Parameters
        ----------
        learn : ndarray
            Their numbers, shape (n,).
        weights : ndarray
            Of all rows, shape (rows,).
        """
        return cls(learn, learn, np.zeros(len(learn)), weights[learn])

    @classmethod
    def oversampled(
        cls, matrix: Matrix, learn: IntArray, target: FloatArray, weights: FloatArray, seed: int
    ) -> Examples:
        """Return the rows and as many synthetic ones as make all classes equally frequent.

        Parameters
        ----------
        matrix : ndarray
            Representations of all rows, shape (rows, columns).
        learn : ndarray
            Numbers of the rows that are learned from, shape (n,).
        target : ndarray
            Shares of classes of all rows, shape (rows, classes).
        weights : ndarray
            Of all rows, shape (rows,). What they give to classes is taken out: the synthetic rows do that.
        seed : int
            Of the choice.
        """
        classes = target[learn].argmax(axis=1)
        mean = np.bincount(classes, weights[learn]) / np.maximum(np.bincount(classes), 1)
        own = weights[learn] / mean[classes]
        random = np.random.default_rng(seed)
        pairs = smote.parents(matrix[learn], classes, random)
        return cls(
            np.concatenate([learn, learn[pairs[:, 0]]]),
            np.concatenate([learn, learn[pairs[:, 1]]]),
            np.concatenate([np.zeros(len(learn)), random.random(len(pairs))]),
            np.concatenate([own, own[pairs].mean(axis=1)]),
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.first)

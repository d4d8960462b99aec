"""Which class a profile is of, with probabilities: a small network over the figures of its structure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.methods.lines.profiles.injection import Injected
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES
from deepaas_plugins.methods.lines.profiles.structure import FIGURES, figures
from deepaas_plugins.methods.lines.smoothing import smoothed

Floats = npt.NDArray[np.float64]

HIDDEN = (64, 32)


@dataclass(frozen=True)
class ProfileClassifier:
    """A network of two hidden layers of rectified units.

    Attributes
    ----------
    centre, scale
        Of the figures, shape (figures,).
    weights, biases
        Of each layer.
    """

    centre: Floats
    scale: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    @classmethod
    def learn(cls, injected: Injected, seed: int) -> Self:
        """Learn the classes of injected profiles.

        Parameters
        ----------
        injected : Injected
            Profiles with their classes.
        seed : int
            Of the network.

        Returns
        -------
        ProfileClassifier
            That tells them apart.
        """
        from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - a second to import, for training only

        values = figures(smoothed(injected.residual), injected.noise)
        centre, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
        network = MLPClassifier(
            HIDDEN,
            alpha=1e-3,
            batch_size=256,
            learning_rate_init=2e-3,
            max_iter=60,
            early_stopping=True,
            n_iter_no_change=8,
            random_state=seed,
        )
        network.fit((values - centre) / scale, injected.label)
        return cls(centre, scale, tuple(network.coefs_), tuple(network.intercepts_))

    def probabilities(self, values: Floats) -> Floats:
        """Return the probability of every class.

        Parameters
        ----------
        values : ndarray
            Of `structure.figures`, shape (rows, figures).

        Returns
        -------
        ndarray
            Shape (rows, classes), rows sum to 1.
        """
        layer = (values - self.centre) / self.scale
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layer = np.maximum(layer @ weight + bias, 0.0)
        logits = layer @ self.weights[-1] + self.biases[-1]
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: Floats = shares / shares.sum(axis=1, keepdims=True)
        return found

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the parameters of the network.

        Returns
        -------
        dict
            What `of_arrays` reads, by name.
        """
        found = {"centre": self.centre, "scale": self.scale}
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            found |= {f"weight_{number}": weight, f"bias_{number}": bias}
        return found

    @classmethod
    def of_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Read a classifier from arrays that are not trusted.

        Raises
        ------
        ValueError
            One is missing or of another shape.
        """
        sizes = (FIGURES, *HIDDEN, len(CLASSES))
        layers = list(pairwise(sizes))
        return cls(
            checked_array(arrays, "centre", (FIGURES,)),
            checked_array(arrays, "scale", (FIGURES,)),
            tuple(checked_array(arrays, f"weight_{k}", layer) for k, layer in enumerate(layers)),
            tuple(checked_array(arrays, f"bias_{k}", (layer[1],)) for k, layer in enumerate(layers)),
        )

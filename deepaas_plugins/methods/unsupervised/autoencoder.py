"""A small autoencoder: trained by scikit-learn, saved and applied as arrays.

Rows go through a layer, a bottleneck and a layer back (Hinton & Salakhutdinov 2006, Science 313, 504), all of
hyperbolic tangents. What the bottleneck cannot keep is the residual; its values are the latent space.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows

Arrays = dict[str, npt.NDArray[Any]]

#: Neurons of the layers before and after the bottleneck.
HIDDEN = 64
#: Rows that it is trained on, at most.
MOST_ROWS = 20_000
#: Values beyond so many scatters of their column are cut in the input: tangents see no more.
CLIP = 10.0
#: Layers: two to the bottleneck, two back.
LAYERS = 4
#: Steps of an epoch, about, and the most rows of one: few rows are learned from in small steps.
STEPS, BATCH = 40, 128
#: Rows that go through at once.
BLOCK = 8192


@dataclass(frozen=True)
class Autoencoder:
    """Weights of the layers.

    Attributes
    ----------
    scatter
        Of each column in the frame; inputs and outputs are divided by it. Shape (columns,), float32.
    weights, offsets
        Of each layer, shapes (inputs, outputs) and (outputs,), float32.
    """

    scatter: Matrix
    weights: tuple[Matrix, ...]
    offsets: tuple[Matrix, ...]

    @classmethod
    def fit(
        cls,
        sample: Rows,
        scatter: Matrix,
        *,
        latent: int,
        epochs: int,
        seed: int,
        tell: Callable[[int, float], None],
    ) -> Self:
        """Train on rows.

        Parameters
        ----------
        sample : Rows
            In the frame; at most `MOST_ROWS` of them are used.
        scatter : ndarray
            Of each column, shape (columns,).
        latent : int
            Neurons of the bottleneck.
        epochs : int
            Passes over the rows.
        seed : int
            Of the weights and the order of the rows.
        tell : callable
            Called after each epoch with its number and the loss; may raise to stop.

        Returns
        -------
        Autoencoder
            Trained.
        """
        from sklearn.neural_network import MLPRegressor  # noqa: PLC0415 - a second to import, for training only

        random = np.random.default_rng(seed)
        values = cls(scatter, (), ()).input(sample.values)
        if len(values) > MOST_ROWS:
            values = values[np.sort(random.choice(len(values), MOST_ROWS, replace=False))]
        network = MLPRegressor(
            hidden_layer_sizes=(HIDDEN, latent, HIDDEN),
            activation="tanh",
            batch_size=min(max(len(values) // STEPS, 8), BATCH, len(values)),
            learning_rate_init=2e-3,
            random_state=seed,
        )
        for epoch in range(epochs):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of convergence: the number of epochs is the person's
                network.partial_fit(values, values)
            tell(epoch + 1, float(network.loss_))
        weights = tuple(each.astype(np.float32) for each in network.coefs_)
        return cls(scatter, weights, tuple(each.astype(np.float32) for each in network.intercepts_))

    @property
    def columns(self) -> int:
        """Return the number of columns."""
        return len(self.scatter)

    def input(self, values: Matrix) -> Matrix:
        """Return rows of the frame as the first layer takes them, same shape.

        Parameters
        ----------
        values : ndarray
            In the frame, shape (rows, columns).

        Returns
        -------
        ndarray
            Same shape, in units of the scatter of each column.
        """
        return np.asarray(np.clip(values / self.scatter, -CLIP, CLIP))

    def latent(self, values: Matrix) -> Matrix:
        """Return the values of the bottleneck.

        Parameters
        ----------
        values : ndarray
            In the frame, shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows, latent), float32, −1 to 1.
        """
        return self._through(self.input(values), 0, LAYERS // 2)

    def expected(self, values: Matrix) -> Matrix:
        """Return what the autoencoder makes of rows.

        Parameters
        ----------
        values : ndarray
            In the frame, shape (rows, columns).

        Returns
        -------
        ndarray
            Same shape.
        """
        return self._through(self.latent(values), LAYERS // 2, LAYERS) * self.scatter

    def _through(self, values: Matrix, first: int, last: int) -> Matrix:
        parts = []
        for begin in range(0, len(values), BLOCK):
            part = values[begin : begin + BLOCK]
            for layer in range(first, last):
                part = part @ self.weights[layer] + self.offsets[layer]
                if layer < LAYERS - 1:
                    part = np.tanh(part)
            parts.append(part)
        return np.concatenate(parts) if parts else np.empty((0, self.weights[last - 1].shape[1]), np.float32)

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        named: Arrays = {"column_scatter": self.scatter}
        for layer, (weights, offsets) in enumerate(zip(self.weights, self.offsets, strict=True)):
            named |= {f"weights_{layer}": weights, f"offsets_{layer}": offsets}
        return named

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Return the autoencoder of saved arrays.

        Raises
        ------
        ValueError
            They are none of so many columns.
        """
        scatter = checked_array(arrays, "column_scatter", (columns,)).astype(np.float32)
        if (scatter <= 0).any():
            raise ValueError("column_scatter is not positive")
        weights, offsets, width = [], [], columns
        for layer in range(LAYERS):
            shape = (width, columns if layer == LAYERS - 1 else None)
            weights.append(checked_array(arrays, f"weights_{layer}", shape).astype(np.float32))
            width = weights[-1].shape[1]
            offsets.append(checked_array(arrays, f"offsets_{layer}", (width,)).astype(np.float32))
        return cls(scatter, tuple(weights), tuple(offsets))

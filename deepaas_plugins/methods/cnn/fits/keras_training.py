"""Trains a network with Keras and TensorFlow: steps, moving average of the weights, state, attribution.

Nothing here draws at random but dropout, whose state is part of `Trainer.state`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from deepaas_plugins.methods.cnn.networks import keras_network
from deepaas_plugins.methods.cnn.networks.network import OUTPUT, Network

Cube = npt.NDArray[np.float32]
Arrays = dict[str, npt.NDArray[Any]]

#: Spectra whose outputs are computed at once.
ROWS = 256
#: Exponent of the focal loss (Lin et al. 2017).
FOCUS = 2.0
#: Where the Huber loss becomes linear, in standard deviations of a target.
LINEAR_FROM = 1.0
#: Gradients longer than this are shortened.
LONGEST_GRADIENT = 1.0
#: Steps of an integrated gradient.
INTEGRATED = 16
#: First compute capability with bfloat16.
BFLOAT16 = (8, 0)


def prepare(threads: int) -> None:
    """Set TensorFlow's threads, and that equal seeds give equal weights; later calls do nothing."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return  # TensorFlow runs already
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, enable=True)


def has_bfloat16() -> bool:
    """Return whether there is a GPU that computes in bfloat16."""
    details = [
        tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")
    ]
    return any(one.get("compute_capability", (0, 0)) >= BFLOAT16 for one in details)


class Trainer:
    """A network in training, and the moving average of its weights, which is what predicts.

    Parameters
    ----------
    network
        Its layers.
    classes
        Whether outputs are classes, else numbers.
    params
        Of `CourseParameters`.
    """

    def __init__(self, network: Network, *, classes: bool, params: Mapping[str, Any]) -> None:
        self.network = network
        mixed = params["mixed_precision"] and has_bfloat16()
        keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
        try:
            self._model, self._averaged = keras_network.build(network), keras_network.build(network)
        finally:
            keras.config.set_dtype_policy("float32")
        self._optimizer = keras.optimizers.AdamW(
            learning_rate=1e-3, weight_decay=params["weight_decay"], global_clipnorm=LONGEST_GRADIENT
        )
        self._optimizer.build(self._model.trainable_variables)
        self._loss = _class_loss(network.outputs, params) if classes else _value_loss
        wide = tf.TensorSpec([None, network.points, network.channels], tf.float32)
        number = tf.TensorSpec([], tf.float32)
        targets, weights = (
            tf.TensorSpec([None, network.outputs], tf.float32),
            tf.TensorSpec([None], tf.float32),
        )
        self._step = tf.function(self._trace_step, input_signature=[wide, targets, weights, number, number])
        self._outputs = tf.function(
            lambda spectra: self._averaged(spectra, training=False), input_signature=[wide]
        )

    def reset(self, seed: int, begin: Mapping[str, npt.NDArray[np.float32]] | None = None) -> None:
        """Begin anew: weights as He et al. (2015) draw them, no steps done.

        Parameters
        ----------
        seed : int
            Of the weights and of dropout.
        begin : mapping or None
            Weights to begin with instead, by name.
        """
        random = np.random.default_rng(seed)
        shapes = self.network.weight_shapes()
        for name, variable in keras_network.variables(self.network, self._model).items():
            drawn = _first(name, shapes[name], random)
            variable.assign(drawn if begin is None else begin[name])
        known = {id(one) for one in self._model.weights}
        for number, variable in enumerate(one for one in self._model.variables if id(one) not in known):
            variable.assign(np.array([seed % 2**32, number], dtype=np.uint32))
        for variable in self._optimizer.variables:
            variable.assign(tf.zeros_like(variable))
        for average, variable in zip(self._averaged.weights, self._model.weights, strict=True):
            average.assign(variable)

    def step(
        self, spectra: Cube, target: npt.NDArray[Any], weights: npt.NDArray[Any], *, rate: float, decay: float
    ) -> float:
        """Learn from a batch.

        Parameters
        ----------
        spectra : ndarray
            Shape (rows, points, channels).
        target : ndarray
            Shares of classes, or standardised values, NaN where missing; shape (rows, outputs).
        weights : ndarray
            Shape (rows,).
        rate : float
            The learning rate.
        decay : float
            How much of the moving average stays.

        Returns
        -------
        float
            The loss before the step.
        """
        arrays = [np.asarray(one, dtype=np.float32) for one in (spectra, target, weights, rate, decay)]
        return float(self._step(*arrays))

    def _trace_step(self, spectra: Any, target: Any, weights: Any, rate: Any, decay: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._loss(self._model(spectra, training=True), target, weights)
        variables = self._model.trainable_variables
        self._optimizer.learning_rate.assign(rate)
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        for average, variable in zip(self._averaged.weights, self._model.weights, strict=True):
            average.assign(decay * average + (1.0 - decay) * variable)
        return loss

    def outputs(self, spectra: Cube) -> npt.NDArray[np.float64]:
        """Return logits or standardised values of the averaged network.

        Parameters
        ----------
        spectra : ndarray
            Shape (rows, points, channels).

        Returns
        -------
        ndarray
            Shape (rows, outputs).
        """
        found = np.empty((len(spectra), self.network.outputs))
        for start in range(0, len(spectra), ROWS):
            found[start : start + ROWS] = self._outputs(spectra[start : start + ROWS]).numpy()
        return found

    def loss_of(
        self, outputs: npt.NDArray[Any], target: npt.NDArray[Any], weights: npt.NDArray[Any]
    ) -> float:
        """Return the loss of outputs, shape (rows, outputs)."""
        arrays = (tf.constant(one, dtype=tf.float32) for one in (outputs, target, weights))
        return float(self._loss(*arrays))

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the averaged weights by name."""
        found = keras_network.variables(self.network, self._averaged)
        return {name: np.asarray(variable, dtype=np.float32) for name, variable in found.items()}

    def use(self, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Set the averaged weights, by which `outputs` and `attribution` are computed."""
        for name, variable in keras_network.variables(self.network, self._averaged).items():
            variable.assign(weights[name])

    def state(self) -> Arrays:
        """Return everything that the next step depends on."""
        return {name: np.asarray(variable) for name, variable in self._all_variables()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Set everything that the next step depends on.

        Raises
        ------
        ValueError
            The state is of another network.
        """
        pairs = self._all_variables()
        for name, variable in pairs:
            if name not in state or state[name].shape != tuple(variable.shape):
                raise ValueError(f"the state has no {name} of shape {tuple(variable.shape)}")
        for name, variable in pairs:
            variable.assign(state[name])

    def _all_variables(self) -> list[tuple[str, Any]]:
        parts = {
            "model": self._model.variables,
            "averaged": self._averaged.weights,
            "optimizer": self._optimizer.variables,
        }
        return [(f"{part}{number}", one) for part, some in parts.items() for number, one in enumerate(some)]

    def attribution(
        self, spectra: Cube, baseline: Cube, outputs: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Return what each point adds to an output (integrated gradients, Sundararajan et al. 2017).

        Parameters
        ----------
        spectra : ndarray
            Shape (rows, points, channels).
        baseline : ndarray
            The spectrum that they are compared with, shape (points, channels).
        outputs : ndarray
            The output that is asked about for each spectrum, shape (rows,).

        Returns
        -------
        ndarray
            Summed over the channels, shape (rows, points); the sum of a row is about the difference of the
            output between spectrum and baseline.
        """
        found = np.zeros(spectra.shape[:2])
        for start in range(0, len(spectra), ROWS):
            part = slice(start, start + ROWS)
            difference = spectra[part] - baseline
            for step in range(INTEGRATED):
                given = tf.constant(baseline + (step + 0.5) / INTEGRATED * difference)
                with tf.GradientTape() as tape:
                    tape.watch(given)
                    answers = self._outputs(given)
                    chosen = tf.gather(answers, outputs[part], axis=1, batch_dims=1)
                gradient = tape.gradient(chosen, given).numpy()
                found[part] += (gradient * difference).sum(axis=2) / INTEGRATED
        return found


def _first(name: str, shape: tuple[int, ...], random: np.random.Generator) -> npt.NDArray[np.float32]:
    if name.endswith("/kernel"):
        gain = 1.0 if name.startswith(f"{OUTPUT}/") else 2.0
        return random.normal(0.0, np.sqrt(gain / np.prod(shape[:-1])), shape).astype(np.float32)
    ones = name.endswith(("/gamma", "/variance"))
    return np.full(shape, 1.0 if ones else 0.0, dtype=np.float32)


def _class_loss(classes: int, params: Mapping[str, Any]) -> Any:
    smoothing, focal = params["label_smoothing"], params["loss"] == "focal"

    def loss(logits: Any, target: Any, weights: Any) -> Any:
        smooth = target * (1.0 - smoothing) + smoothing / classes
        logs = tf.nn.log_softmax(tf.cast(logits, tf.float32))
        each = smooth * logs * (1.0 - tf.exp(logs)) ** FOCUS if focal else smooth * logs
        return -tf.reduce_sum(tf.reduce_sum(each, axis=1) * weights) / tf.reduce_sum(weights)

    return loss


def _value_loss(values: Any, target: Any, weights: Any) -> Any:
    known = tf.math.is_finite(target)
    error = tf.abs(tf.cast(values, tf.float32) - tf.where(known, target, 0.0))
    near = tf.minimum(error, LINEAR_FROM)
    each = near * (error - 0.5 * near)
    share = tf.cast(known, tf.float32) * weights[:, None]
    return tf.reduce_sum(each * share) / tf.maximum(tf.reduce_sum(share), 1e-6)

"""A network built with Keras, its weights by name, and its file."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from deepaas_plugins.methods.cnn.networks.network import EPSILON, INPUT, OUTPUT, Layer, Network

Weights = dict[str, npt.NDArray[np.float32]]


def build(network: Network) -> Any:
    """Build a Keras model of the layers of Keras alone.

    Parameters
    ----------
    network : Network
        Its layers.

    Returns
    -------
    keras.Model
        From spectra, shape (rows, points, channels), to outputs (logits or numbers), shape (rows, outputs),
        float32.
    """
    given = keras.Input((network.points, network.channels), name=INPUT)
    tensors: dict[str, Any] = {INPUT: given}
    for layer in network.layers:
        tensors[layer.name] = _applied(layer, [tensors[name] for name in layer.inputs])
    return keras.Model(given, tensors[OUTPUT], name="network")


def _applied(layer: Layer, inputs: list[Any]) -> Any:
    name, size, one = layer.name, layer.size, inputs[0]
    if layer.kind == "convolution":
        return _convolution(layer, one)
    if layer.kind == "dense":
        # What is answered has full precision, whatever the layers before it have.
        exact = {"dtype": "float32"} if name == OUTPUT else {}
        return layers.Dense(size["units"], activation=layer.activation, name=name, **exact)(one)
    if layer.kind == "scale":
        factors = layers.Reshape((1, layer.shape[1]), name=f"{name}-factors")(inputs[1])
        return layers.Multiply(name=name)([one, factors])
    if layer.kind == "attention":
        query, key, value = inputs
        scaled = layers.Rescaling(float(query.shape[-1]) ** -0.5, name=f"{name}-scaled")(query)
        return layers.Attention(name=name)([scaled, value, key])
    if layer.kind in ("add", "concatenate"):
        return (layers.Add if layer.kind == "add" else layers.Concatenate)(name=name)(inputs)
    simple = {
        "max_pool": partial(layers.MaxPooling1D, size.get("width")),
        "average_pool": partial(layers.AveragePooling1D, size.get("width")),
        "dropout": partial(layers.Dropout, layer.rate, seed=0),
        "flatten": layers.Flatten,
        "global_average": layers.GlobalAveragePooling1D,
        "global_maximum": layers.GlobalMaxPooling1D,
        "relu": layers.ReLU,
    }
    return simple[layer.kind](name=name)(one)


def _convolution(layer: Layer, given: Any) -> Any:
    made = layers.Conv1D(
        layer.size["filters"],
        layer.size["kernel"],
        strides=layer.size["stride"],
        padding="same",
        use_bias=not layer.normalised,
        activation=None if layer.normalised else layer.activation,
        name=layer.name,
    )(given)
    if not layer.normalised:
        return made
    made = layers.BatchNormalization(momentum=0.9, epsilon=EPSILON, name=f"{layer.name}-normalised")(made)
    return made if layer.activation == "linear" else layers.ReLU(name=f"{layer.name}-activation")(made)


def variables(network: Network, model: Any) -> dict[str, Any]:
    """Return the variables of a Keras model by the names of `Network.weight_shapes`."""
    found: dict[str, Any] = {}
    for layer in network.layers:
        if not layer.weights:
            continue
        made = list(model.get_layer(layer.name).weights)
        if layer.normalised:
            made += list(model.get_layer(f"{layer.name}-normalised").weights)
        found |= dict(zip(layer.weights, made, strict=True))
    return found


def of_archive(network: Network, content: bytes) -> Weights:
    """Return the weights of the content of a ``.keras`` file that was checked, by name.

    Parameters
    ----------
    network : Network
        Whose weights they are.
    content : bytes
        Of the file.

    Returns
    -------
    dict
        As `Network.weight_shapes` names them.

    Raises
    ------
    ValueError
        It is damaged, or of another network.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        path.write_bytes(content)
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    found = {name: np.asarray(one, dtype=np.float32) for name, one in variables(network, model).items()}
    for name, shape in network.weight_shapes().items():
        if found[name].shape != shape or not np.isfinite(found[name]).all():
            raise ValueError(f"it has no {name} of shape {shape}")
    return found


def archive(network: Network, weights: Mapping[str, npt.NDArray[np.float32]]) -> bytes:
    """Return a network with weights as the content of a ``.keras`` file."""
    model = build(network)
    for name, variable in variables(network, model).items():
        variable.assign(weights[name])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        with warnings.catch_warnings():
            # Keras hands TensorFlow's tensors to NumPy 2 in a way that this warns of.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(path)
        return path.read_bytes()

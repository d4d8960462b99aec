"""A network with its weights as an ONNX model.

Convolutions over points are written as two-dimensional ones of height 1: ONNX Runtime computes those in
blocks of channels, in half the time. Batch normalisation is folded into the convolution before it. Members of
an ensemble lie side by side in one graph, which answers the mean of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from deepaas_plugins.methods.cnn.networks.network import CLIP, EPSILON, INPUT, OUTPUT, Layer, Network

Weights = Mapping[str, npt.NDArray[np.float32]]
IntArray = npt.NDArray[np.int64]

#: Names of the graph's input, of shape (rows, channels × points), and of its output, (rows, outputs).
SPECTRA, ANSWERS = "spectra", "answers"
#: Versions of the operators and of the format.
OPERATORS, FORMAT = 17, 9


def to_onnx(
    network: Network,
    members: Sequence[Weights],
    centre: npt.NDArray[np.float64],
    scale: npt.NDArray[np.float64],
    *,
    probabilities: bool,
) -> bytes:
    """Write a network as ONNX.

    Parameters
    ----------
    network : Network
        The layers.
    members : sequence of mapping
        The weights of each member by name, as `Network.weight_shapes` has them.
    centre, scale : ndarray
        What is subtracted from each channel and what it is then divided by, shape (channels,).
    probabilities : bool
        Whether outputs go through a softmax before they are averaged.

    Returns
    -------
    bytes
        A model of the input `SPECTRA`, float32, shape (rows, channels × points), channel by channel.
    """
    graph = _Graph(network)
    graph.constant("shape", np.array([0, network.channels, 1, network.points], dtype=np.int64))
    given = graph.node("Reshape", [SPECTRA, "shape"], "cube")
    wide = (1, network.channels, 1, 1)
    graph.constant("factor", (1.0 / scale).reshape(wide))
    graph.constant("offset", (-centre / scale).reshape(wide))
    given = graph.node("Add", [graph.node("Mul", [given, "factor"], "scaled"), "offset"], "shifted")
    graph.constant("lowest", np.array(-CLIP))
    graph.constant("highest", np.array(CLIP))
    given = graph.node("Clip", [given, "lowest", "highest"], "standard")
    answers = [graph.member(f"m{number}/", given, weights) for number, weights in enumerate(members)]
    if probabilities:
        answers = [graph.node("Softmax", [one], f"{one}/softmax", axis=1) for one in answers]
    graph.node("Mean", answers, ANSWERS)
    return graph.serialised()


class _Graph:
    """Nodes and constants of a graph that is being written."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        values = values if values.dtype == np.int64 else values.astype(np.float32)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def member(self, prefix: str, given: str, weights: Weights) -> str:
        """Write all layers of a member; return the name of its output."""
        names = {INPUT: given}
        # Keras lays features out points first, ONNX channels first: which feature each place is in Keras.
        orders: dict[str, IntArray] = {}
        for layer in self.network.layers:
            names[layer.name] = self._layer(prefix, layer, names, orders, weights)
        return names[OUTPUT]

    def _layer(
        self, prefix: str, layer: Layer, names: dict[str, str], orders: dict[str, IntArray], weights: Weights
    ) -> str:
        inputs, output = [names[one] for one in layer.inputs], prefix + layer.name
        if layer.kind == "convolution":
            return self._convolution(output, layer, inputs[0], weights)
        if layer.kind == "dense":
            return self._dense(output, layer, inputs[0], orders.get(layer.inputs[0]), weights)
        if layer.kind == "flatten":
            points, channels = self.network.shape_of(layer.inputs[0])
            orders[layer.name] = np.arange(points * channels).reshape(points, channels).T.reshape(-1)
            return self.node("Flatten", inputs, output, axis=1)
        if layer.kind == "concatenate":
            orders[layer.name] = self._joined(layer, orders)
            return self.node("Concat", inputs, output, axis=1)
        if layer.kind == "dropout":
            orders |= {layer.name: orders[layer.inputs[0]]} if layer.inputs[0] in orders else {}
            return inputs[0]
        return self._simple(output, layer, inputs)

    def _simple(self, output: str, layer: Layer, inputs: list[str]) -> str:
        """Write a layer without weights."""
        if layer.kind in ("max_pool", "average_pool"):
            operator = "MaxPool" if layer.kind == "max_pool" else "AveragePool"
            wide = [1, layer.size["width"]]
            return self.node(operator, inputs, output, kernel_shape=wide, strides=wide)
        if layer.kind in ("global_average", "global_maximum"):
            operator = "GlobalAveragePool" if layer.kind == "global_average" else "GlobalMaxPool"
            return self.node("Flatten", [self.node(operator, inputs, f"{output}/one")], output, axis=1)
        if layer.kind == "scale":
            shape = self.constant(f"{output}/shape", np.array([0, layer.shape[1], 1, 1], dtype=np.int64))
            factors = self.node("Reshape", [inputs[1], shape], f"{output}/factors")
            return self.node("Mul", [inputs[0], factors], output)
        if layer.kind == "attention":
            return self._attention(output, layer, inputs)
        return self.node({"add": "Add", "relu": "Relu"}[layer.kind], inputs, output)

    def _attention(self, output: str, layer: Layer, inputs: list[str]) -> str:
        """Write an attention; channels come before points."""
        points, channels = layer.shape
        keys = self.network.shape_of(layer.inputs[0])[1]
        flat = []
        for name, given, size in zip(("query", "key", "value"), inputs, (keys, keys, channels), strict=True):
            shape = self.constant(f"{output}/{name}/shape", np.array([0, size, points], dtype=np.int64))
            flat.append(self.node("Reshape", [given, shape], f"{output}/{name}"))
        factor = self.constant(f"{output}/factor", np.array(keys**-0.5))
        query = self.node("Transpose", [flat[0]], f"{output}/turned", perm=[0, 2, 1])
        scaled = self.node("Mul", [query, factor], f"{output}/scaled")
        fits = self.node("MatMul", [scaled, flat[1]], f"{output}/fits")
        shares = self.node("Softmax", [fits], f"{output}/shares", axis=2)
        turned = self.node("Transpose", [shares], f"{output}/shares/turned", perm=[0, 2, 1])
        mean = self.node("MatMul", [flat[2], turned], f"{output}/mean")
        shape = self.constant(f"{output}/shape", np.array([0, channels, 1, points], dtype=np.int64))
        return self.node("Reshape", [mean, shape], output)

    def _joined(self, layer: Layer, orders: dict[str, IntArray]) -> IntArray:
        """Return the order of features of a concatenation of units; of channels it is not used."""
        parts, start = [], 0
        for name in layer.inputs:
            size = self.network.shape_of(name)[-1]
            parts.append(start + orders.get(name, np.arange(size)))
            start += size
        return np.concatenate(parts)

    def _convolution(self, output: str, layer: Layer, given: str, weights: Weights) -> str:
        kernel, bias = folded(layer, weights)
        points, (length, stride) = self.network.shape_of(layer.inputs[0])[0], _of(layer, "kernel", "stride")
        # As Keras pads: what is odd comes at the end.
        missing = max((layer.shape[0] - 1) * stride + length - points, 0)
        named = [
            self.constant(f"{output}/kernel", kernel.transpose(2, 1, 0)[:, :, None, :]),
            self.constant(f"{output}/bias", bias),
        ]
        self.node(
            "Conv",
            [given, *named],
            self._before(output, layer),
            kernel_shape=[1, length],
            strides=[1, stride],
            pads=[0, missing // 2, 0, missing - missing // 2],
        )
        return self._activated(output, layer)

    def _dense(self, output: str, layer: Layer, given: str, order: IntArray | None, weights: Weights) -> str:
        kernel, bias = folded(layer, weights)
        named = [
            self.constant(f"{output}/kernel", kernel if order is None else kernel[order]),
            self.constant(f"{output}/bias", bias),
        ]
        self.node("Gemm", [given, *named], self._before(output, layer))
        return self._activated(output, layer)

    @staticmethod
    def _before(output: str, layer: Layer) -> str:
        return output if layer.activation == "linear" else f"{output}/linear"

    def _activated(self, output: str, layer: Layer) -> str:
        if layer.activation == "linear":
            return output
        return self.node(
            {"relu": "Relu", "sigmoid": "Sigmoid"}[layer.activation], [f"{output}/linear"], output
        )

    def serialised(self) -> bytes:
        network = self.network
        size = network.channels * network.points
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info(SPECTRA, TensorProto.FLOAT, ["rows", size])],
            [helper.make_tensor_value_info(ANSWERS, TensorProto.FLOAT, ["rows", network.outputs])],
            self.constants,
        )
        opset = [helper.make_opsetid("", OPERATORS)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=FORMAT, producer_name="huggins")
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def _of(layer: Layer, *names: str) -> tuple[int, ...]:
    return tuple(layer.size[name] for name in names)


def folded(layer: Layer, weights: Weights) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return kernel and bias of a layer, batch normalisation folded in.

    Parameters
    ----------
    layer : Layer
        A convolution or dense layer.
    weights : mapping
        By name.

    Returns
    -------
    tuple of ndarray
        As they are applied in prediction.
    """
    found = [np.asarray(weights[name], dtype=np.float64) for name in layer.weights]
    if not layer.normalised:
        return found[0], found[1]
    kernel, gamma, beta, mean, variance = found
    factor = gamma / np.sqrt(variance + EPSILON)
    return kernel * factor, beta - mean * factor

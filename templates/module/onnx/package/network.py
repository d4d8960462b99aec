"""Writes `network.onnx` beside this file while the image is built: put your own network there instead.

This one is a stand-in that learned nothing: random convolutions and their means.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FILE = Path(__file__).with_name("network.onnx")
KERNELS, LENGTH = 32, 9


def main() -> None:
    """Write the network: input `flux`, shape (rows, columns); output `outputs`, shape (rows, 32)."""
    random = np.random.default_rng(0)
    kernels = random.normal(size=(KERNELS, 1, LENGTH)).astype(np.float32)
    nodes = [
        helper.make_node("Unsqueeze", ["flux", "axis"], ["series"]),
        helper.make_node("Conv", ["series", "kernels"], ["responses"]),
        helper.make_node("Relu", ["responses"], ["positive"]),
        helper.make_node("ReduceMean", ["positive", "last"], ["outputs"], keepdims=0),
    ]
    constants = [
        numpy_helper.from_array(np.array([1]), "axis"),
        numpy_helper.from_array(np.array([2]), "last"),
        numpy_helper.from_array(kernels, "kernels"),
    ]
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info("flux", TensorProto.FLOAT, ["rows", "columns"])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["rows", KERNELS])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, FILE)


if __name__ == "__main__":
    main()

"""Reads an ONNX model that is not trusted, and computes it with ONNX Runtime.

Only the operators that `graph` writes are let in: none of another domain, no functions, no branches, no
weights in other files.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.cnn.networks.graph import ANSWERS, SPECTRA
from deepaas_plugins.pipeline.processors import processors

#: A file larger than this (bytes) is rejected before it is parsed.
MAXIMUM_SIZE = 2**29
ALLOWED = frozenset(
    [
        "Add",
        "AveragePool",
        "Clip",
        "Concat",
        "Conv",
        "Flatten",
        "Gemm",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "MatMul",
        "MaxPool",
        "Mean",
        "Mul",
        "Relu",
        "Reshape",
        "Sigmoid",
        "Softmax",
        "Transpose",
    ]
)
#: Numbers of the input of a part of the rows: what a network makes of them fits the processor's caches.
TOGETHER = 2**15
#: Least and most rows of a part.
LEAST, MOST = 16, 256

Matrix = npt.NDArray[np.float32]


class StoredGraph:
    """An ONNX model that was checked.

    Parameters
    ----------
    content
        The serialised model.
    source
        Where it is from, for messages.

    Raises
    ------
    InvalidInput
        It is no ONNX model, or one that holds what a network of this module does not.
    """

    def __init__(self, content: bytes, source: str) -> None:
        self.content = content
        self.columns, self.outputs = _checked(content, source)
        options = onnxruntime.SessionOptions()
        # Threads share the rows, not each layer: none waits for another where the machine does other things.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._threads = processors()
        self._pool: ThreadPoolExecutor | None = None
        try:
            self._session: Any = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors have no common type of their own
            raise InvalidInput(f"{source} cannot be computed: {error}. The model is not loaded.") from error

    @classmethod
    def load(cls, path: Path) -> StoredGraph:
        """Read a file.

        Raises
        ------
        InvalidInput
            It is missing, too large, or no network of this module.
        """
        try:
            if path.stat().st_size > MAXIMUM_SIZE:
                raise InvalidInput(
                    f"{path} is larger than any network of this module ({MAXIMUM_SIZE} bytes)."
                )
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise InvalidInput(f"{path} is missing: the model is not complete.") from error
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
        return cls(content, str(path))

    def answers(self, matrix: Matrix) -> Matrix:
        """Compute the answers, part by part.

        Parameters
        ----------
        matrix : ndarray
            Representations of spectra, shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows, outputs), float32.
        """
        found = np.empty((len(matrix), self.outputs), dtype=np.float32)
        most = int(np.clip(TOGETHER // self.columns, LEAST, MOST))
        rows = max(LEAST, min(most, -(-len(matrix) // self._threads)))

        def compute(start: int) -> None:
            part = np.ascontiguousarray(matrix[start : start + rows], dtype=np.float32)
            found[start : start + rows] = self._session.run([ANSWERS], {SPECTRA: part})[0]

        starts = range(0, len(matrix), rows)
        if len(starts) < 2 or self._threads < 2:
            for start in starts:
                compute(start)
            return found
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="network")
        for _ in self._pool.map(compute, starts):
            pass
        return found


def _checked(content: bytes, source: str) -> tuple[int, int]:
    """Return the columns of the input and of the output of a model that may be computed."""
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # the parser's errors have no common type of their own
        raise InvalidInput(f"{source} is damaged or no ONNX model. The model is not loaded.") from error
    graph = model.graph
    reasons = [f"operators of the domain {one.domain!r}" for one in model.opset_import if one.domain]
    reasons += ["functions of its own"] if model.functions else []
    reasons += ["sparse weights"] if graph.sparse_initializer else []
    reasons += ["weights in other files"] if any(_outside(one) for one in graph.initializer) else []
    for node in graph.node:
        if node.domain or node.op_type not in ALLOWED:
            reasons.append(f"the operator {node.domain + '.' if node.domain else ''}{node.op_type}")
        if any(one.type not in _PLAIN for one in node.attribute):
            reasons.append(f"a graph or tensor within the operator {node.op_type}")
    if reasons:
        held = ", ".join(dict.fromkeys(reasons))
        raise InvalidInput(f"{source} holds what no network of this module has: {held}. It is not loaded.")
    return _columns(graph.input, SPECTRA, source), _columns(graph.output, ANSWERS, source)


_PLAIN = frozenset({onnx.AttributeProto.INT, onnx.AttributeProto.INTS, onnx.AttributeProto.FLOAT})


def _outside(tensor: Any) -> bool:
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data)


def _columns(values: Any, name: str, source: str) -> int:
    if len(values) == 1 and values[0].name == name:
        kind = values[0].type.tensor_type
        sizes = kind.shape.dim
        if kind.elem_type == onnx.TensorProto.FLOAT and len(sizes) == 2 and sizes[1].dim_value > 0:
            return int(sizes[1].dim_value)
    raise InvalidInput(f"{source} has not the one input or output {name} of a network of this module.")

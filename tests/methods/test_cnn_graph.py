"""Networks as data, their ONNX graphs, and files that are not trusted."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.cnn.networks import architectures, keras_archive
from deepaas_plugins.methods.cnn.networks.network import Network
from tests.methods.networks import need_onnx, need_tensorflow

Weights = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def _onnx() -> None:
    need_onnx()


def weights_of(network: Network, seed: int = 0) -> Weights:
    random = np.random.default_rng(seed)
    found = {}
    for name, shape in network.weight_shapes().items():
        values = random.normal(0.0, 1.0 / np.sqrt(max(1, np.prod(shape[:-1]))), shape)
        found[name] = np.abs(values) + 0.5 if name.endswith(("gamma", "variance")) else values
    return {name: values.astype(np.float32) for name, values in found.items()}


def graph_of(architecture: str = "small", points: int = 35, channels: int = 1, **given: Any) -> bytes:
    from deepaas_plugins.methods.cnn.networks import graph  # noqa: PLC0415 - ONNX may be missing

    network = architectures.build(architecture, points, channels, 3, None)
    members = [weights_of(network, seed) for seed in range(given.pop("members", 1))]
    return graph.to_onnx(
        network, members, np.zeros(channels), np.ones(channels), **{"probabilities": True, **given}
    )


@pytest.mark.parametrize("architecture", ["published", "small", "residual", "attention"])
def test_the_graph_answers_what_keras_answers(architecture: str) -> None:
    need_tensorflow()
    from deepaas_plugins.methods.cnn.networks import graph, keras_network  # noqa: PLC0415 - ONNX may be missing
    from deepaas_plugins.methods.cnn.networks.stored_graph import StoredGraph  # noqa: PLC0415 - ONNX may be missing

    network = architectures.build(architecture, 45, 2, 3, None)
    weights, model = weights_of(network), keras_network.build(network)
    for name, variable in keras_network.variables(network, model).items():
        variable.assign(weights[name])
    spectra = np.random.default_rng(1).normal(2.0, 3.0, (40, 2, 45)).astype(np.float32)
    centre, scale = np.array([1.0, 2.0]), np.array([2.0, 3.0])
    cube = (spectra - centre[:, None]) / scale[:, None]
    expected = np.asarray(model(cube.transpose(0, 2, 1), training=False))
    content = graph.to_onnx(network, [weights], centre, scale, probabilities=False)
    found = StoredGraph(content, "test").answers(spectra.reshape(40, 90))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_members_are_averaged_in_one_graph() -> None:
    from deepaas_plugins.methods.cnn.networks.stored_graph import StoredGraph  # noqa: PLC0415 - ONNX may be missing

    spectra = np.random.default_rng(1).normal(size=(70, 35)).astype(np.float32)
    both = StoredGraph(graph_of(members=2), "test").answers(spectra)
    assert np.abs(both - StoredGraph(graph_of(), "test").answers(spectra)).max() > 1e-3
    np.testing.assert_allclose(both.sum(axis=1), 1.0, atol=1e-5)


def test_spectra_of_too_few_points_are_told_before_anything_is_trained() -> None:
    with pytest.raises(InvalidInput, match="15 points: a convolutional network needs 16"):
        architectures.build("small", 15, 1, 2, None)


def test_the_published_network_is_the_published_one() -> None:
    network = architectures.build("published", 140, 1, 3, None)
    kinds = [
        (layer.kind, layer.size.get("filters", layer.size.get("units")))
        for layer in network.layers
        if layer.kind in ("convolution", "dense")
    ]
    assert kinds == [
        *(("convolution", n) for n in (64, 64, 128, 128, 256, 256)),
        *[("dense", 512)] * 2,
        ("dense", 3),
    ]
    assert network.operations() == pytest.approx(39.4e6, rel=0.01)
    assert architectures.build("small", 140, 1, 3, None).operations() < network.operations() / 50


def changed(change: Any) -> bytes:
    import onnx  # noqa: PLC0415 - it may be missing

    model = onnx.load_model_from_string(graph_of())
    change(model)
    return bytes(model.SerializeToString())


def _custom_domain(model: Any) -> None:
    model.graph.node[0].domain = "com.microsoft"


def _other_operator(model: Any) -> None:
    model.graph.node[0].op_type = "If"


def _outside(model: Any) -> None:
    weights = model.graph.initializer[0]
    weights.data_location = 1
    entry = weights.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def _function(model: Any) -> None:
    model.functions.add().name = "mine"


def _subgraph(model: Any) -> None:
    one = model.graph.node[0].attribute.add()
    one.name, one.type = "then_branch", 5


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_custom_domain, "the operator com.microsoft.Reshape"),
        (_other_operator, "the operator If"),
        (_outside, "weights in other files"),
        (_function, "functions of its own"),
        (_subgraph, "a graph or tensor within the operator"),
    ],
)
def test_a_graph_that_holds_more_than_layers_is_rejected(change: Any, told: str) -> None:
    from deepaas_plugins.methods.cnn.networks.stored_graph import StoredGraph  # noqa: PLC0415 - ONNX may be missing

    with pytest.raises(InvalidInput, match=told):
        StoredGraph(changed(change), "network.onnx")


def test_what_is_no_graph_is_rejected() -> None:
    from deepaas_plugins.methods.cnn.networks.stored_graph import StoredGraph  # noqa: PLC0415 - ONNX may be missing

    for content in (b"", b"\x00" * 50, b"not a graph", graph_of()[:-500]):
        with pytest.raises(InvalidInput, match=r"network\.onnx"):
            StoredGraph(content, "network.onnx")


def archive(path: Path, layer: dict[str, Any], **more: str) -> Path:
    content = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"layers": [layer]},
    }
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(content))
        file.writestr("metadata.json", "{}")
        file.writestr("model.weights.h5", b"")
        for name, text in more.items():
            file.writestr(name, text)
    return path


DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": None}


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (DENSE | {"class_name": "Lambda"}, "a Lambda layer"),
        (DENSE | {"registered_name": "mine>Layer"}, "the custom object mine>Layer"),
        (DENSE | {"module": "os", "class_name": "system"}, "the object os.system"),
        (
            DENSE | {"config": {"activation": {"class_name": "function", "module": "builtins"}}},
            "builtins.function",
        ),
        (DENSE | {"class_name": "TFSMLayer"}, "TFSMLayer"),
    ],
)
def test_a_keras_file_with_code_is_rejected(layer: dict[str, Any], told: str, tmp_path: Path) -> None:
    keras_archive.check(archive(tmp_path / "plain.keras", DENSE))
    with pytest.raises(InvalidInput, match=told):
        keras_archive.check(archive(tmp_path / "other.keras", layer))


def test_a_keras_file_with_other_members_or_none_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="assets"):
        keras_archive.check(archive(tmp_path / "more.keras", DENSE, assets="x"))
    (tmp_path / "no.keras").write_bytes(b"no archive")
    with pytest.raises(InvalidInput, match="damaged"):
        keras_archive.check(tmp_path / "no.keras")

"""Tiny networks that tests train, where TensorFlow is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from spectra import FeatureSet
from tests.conftest import unavailable

SMALL = {"folds": 0, "epochs": 6, "batch_size": 32, "points": 35, "random_split": False}


def need_tensorflow() -> None:
    """Skip where a person works without TensorFlow; fail where CI should have it."""
    for package in ("tensorflow", "keras", "onnxruntime", "onnx"):
        if find_spec(package) is None:
            unavailable(package)


def need_onnx() -> None:
    """Skip where a person works without ONNX Runtime; fail where CI should have it."""
    for package in ("onnxruntime", "onnx"):
        if find_spec(package) is None:
            unavailable(package)


def trained(run: Run, features: Path, start: Any = None, **given: Any) -> Any:
    """Train a tiny network on a feature set."""
    method = registry.method("cnn")
    return method.train(
        FeatureSet.open(features), load_parameters(method.train_schema, {**SMALL, **given}), run, start
    )

"""The kinds of modules that can be written, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SPECTRAL_TASKS = ("Classification", "Regression")


@dataclass(frozen=True)
class Kind:
    """A kind of module.

    Attributes
    ----------
    title : str
        For people who choose one.
    layers : tuple of str
        Folders below ``templates/module`` whose files are written, in this order.
    library : str
        Of AI4's list.
    parameters : tuple of (str, str)
        Name and purpose of its two parameters.
    example, test : str
        JSON of the parameters in the example, and in the tests.
    tasks : tuple of str
        What the code is written for; empty: any.
    base : str
        Key of the base image: ``plain`` or ``tensorflow``.
    memory_mb : int
        The least memory.
    """

    title: str
    layers: tuple[str, ...]
    library: str
    parameters: tuple[tuple[str, str], ...]
    example: str = "{}"
    test: str = "{}"
    tasks: tuple[str, ...] = SPECTRAL_TASKS
    base: str = "plain"
    memory_mb: int = 1024

    @property
    def entry(self) -> str:
        """How the platform runs it: ``batch``, or ``deepaas`` for a plain module."""
        return "batch" if "spectral" in self.layers else "deepaas"


_NETWORK = (("epochs", "how often the network sees every spectrum"), ("learning_rate", "length of a step"))

KINDS: Mapping[str, Kind] = {
    "method": Kind(
        "a method of spectra, in our contract: trains, goes on from checkpoints, predicts",
        ("common", "spectral", "method"),
        "Other",
        (("steps", "steps of gradient descent"), ("learning_rate", "length of a step")),
        '{"steps": 200, "learning_rate": 0.1}',
        '{"steps": 300, "learning_rate": 0.5}',
    ),
    "deepaas": Kind(
        "a plain DEEPaaS module: any data, its own train and predict",
        ("common", "deepaas"),
        "Other",
        (("threshold", "how far a flux stands out"), ("most", "the most points that are answered")),
        tasks=(),
    ),
    "sklearn": Kind(
        "wraps a scikit-learn estimator",
        ("common", "spectral", "sklearn"),
        "Scikit-learn",
        (("trees", "how many trees vote"), ("leaf", "the fewest spectra in a leaf")),
        '{"trees": 50, "leaf": 2}',
    ),
    "keras": Kind(
        "wraps a Keras network",
        ("common", "spectral", "keras"),
        "Keras",
        _NETWORK,
        '{"epochs": 10}',
        base="tensorflow",
        memory_mb=3072,
    ),
    "pytorch": Kind(
        "wraps a PyTorch network",
        ("common", "spectral", "pytorch"),
        "PyTorch",
        _NETWORK,
        '{"epochs": 20}',
        memory_mb=3072,
    ),
    "onnx": Kind(
        "wraps an ONNX network, with a head that is trained",
        ("common", "spectral", "onnx"),
        "Other",
        (("ridge", "how strongly large weights are held down"), ("batch", "spectra at a time")),
        '{"ridge": 1.0}',
    ),
}

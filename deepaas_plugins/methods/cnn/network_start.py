"""What a training goes on from: the weights of a model's members, and how its spectra were standardised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.cnn.model import NetworkModel
from deepaas_plugins.methods.cnn.networks import keras_network
from deepaas_plugins.methods.cnn.networks.network import OUTPUT, Network
from deepaas_plugins.methods.cnn.problem import Problem, Values
from deepaas_plugins.methods.parameters.targets import Scaling

FloatArray = npt.NDArray[np.float64]
Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class NetworkStart:
    """Weights to begin with.

    Attributes
    ----------
    members
        Of each network of the model, by name.
    standard
        Centre and scale of the channels, shape (channels,) each.
    scaling
        Of the numbers that it answers; None where it answers classes.
    """

    members: Sequence[Weights]
    standard: tuple[FloatArray, FloatArray]
    scaling: Scaling | None

    @classmethod
    def of(cls, model: NetworkModel, network: Network, problem: Problem) -> NetworkStart:
        """Return what there is in a model.

        Parameters
        ----------
        model : NetworkModel
            The start model.
        network : Network
            That is to be trained.
        problem : Problem
            What it is to learn.

        Returns
        -------
        NetworkStart
            Of the same network and outputs.

        Raises
        ------
        InvalidInput
            The model answers other numbers, or holds no weights of this network.
        """
        if isinstance(problem, Values) and problem.names != model.targets:
            raise InvalidInput(
                f"The start model answers {', '.join(model.targets)}, the labels give "
                f"{', '.join(problem.names)}: train without a start model."
            )
        try:
            members = [keras_network.of_archive(network, content) for content in model.archives.values()]
            standard = _standard(model.graph.content)
        except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
            raise InvalidInput(f"The start model cannot be gone on from: {error}.") from error
        if not members or len(standard[0]) != network.channels:
            raise InvalidInput("The start model holds no weights to go on from.")
        return cls(members, standard, model.outputs if isinstance(model.outputs, Scaling) else None)

    def weights(self, member: int, scaling: Scaling | None) -> Weights:
        """Return the weights that a member begins with.

        Parameters
        ----------
        member : int
            Its number; members beyond those of the model begin with the first ones again.
        scaling : Scaling or None
            Of the numbers that are to be learned: the last layer is changed so that it answers the same
            numbers in them.

        Returns
        -------
        dict
            By name.
        """
        found = dict(self.members[member % len(self.members)])
        if scaling is None or self.scaling is None or (scaling.logarithm != self.scaling.logarithm).any():
            return found
        factor = self.scaling.scale / scaling.scale
        offset = (self.scaling.centre - scaling.centre) / scaling.scale
        kernel, bias = f"{OUTPUT}/kernel", f"{OUTPUT}/bias"
        found[kernel] = (found[kernel] * factor).astype(np.float32)
        found[bias] = (found[bias] * factor + offset).astype(np.float32)
        return found


def _standard(content: bytes) -> tuple[FloatArray, FloatArray]:
    """Return centre and scale of the channels, as `graph.to_onnx` wrote them."""
    constants: dict[str, Any] = {
        one.name: onnx.numpy_helper.to_array(one).astype(np.float64).reshape(-1)
        for one in onnx.load_model_from_string(content).graph.initializer
        if one.name in ("factor", "offset")
    }
    factor, offset = constants["factor"], constants["offset"]
    if not (np.isfinite(offset).all() and (factor > 0).all() and np.isfinite(factor).all()):
        raise ValueError("its spectra were standardised by no numbers")
    return -offset / factor, 1.0 / factor

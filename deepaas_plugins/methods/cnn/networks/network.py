"""A convolutional network as data: its layers in order, each named and with the names of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: Name of the input, of shape (rows, points, channels).
INPUT = "spectrum"
#: Standardised fluxes are cut here.
CLIP = 10.0
#: Name of the last layer.
OUTPUT = "output"

#: Layers with weights, and the names of those weights in the order of the layer.
WEIGHTS = {"convolution": ("kernel", "bias"), "dense": ("kernel", "bias")}
#: Those of a convolution with batch normalisation, and what that adds to the variance.
NORMALISED = ("kernel", "gamma", "beta", "mean", "variance")
EPSILON = 1e-3


@dataclass(frozen=True)
class Layer:
    """A layer.

    Attributes
    ----------
    kind
        ``convolution``, ``dense``, ``max_pool``, ``average_pool``, ``global_average``, ``global_maximum``,
        ``flatten``, ``concatenate``, ``add``, ``scale`` (channels by factors), ``attention`` (of queries,
        keys and values), ``relu``, ``dropout``.
    name
        Unique in the network.
    inputs
        Names of layers before it, or `INPUT`.
    shape
        Of a row of its output: (points, channels), or (units,).
    size
        ``filters``, ``kernel``, ``stride``; ``units``; ``width`` of a pool.
    activation
        ``linear``, ``relu`` or ``sigmoid``.
    normalised
        Whether batch normalisation follows a convolution, which then has no bias.
    rate
        Of dropout.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    size: Mapping[str, int] = field(default_factory=dict)
    activation: str = "linear"
    normalised: bool = False
    rate: float = 0.0

    @property
    def weights(self) -> tuple[str, ...]:
        """Return the names of its weights, in their order."""
        names = NORMALISED if self.normalised else WEIGHTS.get(self.kind, ())
        return tuple(f"{self.name}/{name}" for name in names)


@dataclass(frozen=True)
class Network:
    """A network.

    Attributes
    ----------
    points, channels
        Of a spectrum.
    outputs
        Classes, or numbers.
    layers
        In the order of computation; the last is `OUTPUT`.
    """

    points: int
    channels: int
    outputs: int
    layers: Sequence[Layer]

    @property
    def by_name(self) -> dict[str, Layer]:
        """Return the layers by name."""
        return {layer.name: layer for layer in self.layers}

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of a row of the output of a layer, or of the input."""
        return (self.points, self.channels) if name == INPUT else self.by_name[name].shape

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight by name, in the order of the layers.

        Kernels of convolutions are (kernel, channels, filters), of dense layers (inputs, units).
        """
        found: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            if not layer.weights:
                continue
            outputs = layer.shape[-1]
            inputs = self.shape_of(layer.inputs[0])[-1]
            kernel = (layer.size["kernel"],) if layer.kind == "convolution" else ()
            for name in layer.weights:
                found[name] = (*kernel, inputs, outputs) if name.endswith("/kernel") else (outputs,)
        return found

    def operations(self) -> int:
        """Return the floating-point operations of one spectrum in convolutions and dense layers."""
        total = 0
        for layer in self.layers:
            inputs = self.shape_of(layer.inputs[0])[-1]
            if layer.kind == "convolution":
                total += 2 * layer.shape[0] * layer.size["kernel"] * inputs * layer.shape[1]
            elif layer.kind == "dense":
                total += 2 * inputs * layer.shape[0]
            elif layer.kind == "attention":
                total += 2 * layer.shape[0] ** 2 * (inputs + layer.shape[1])
        return total


class Plan:
    """Builds a network layer by layer; each method adds one and returns its name.

    Parameters
    ----------
    points, channels
        Of a spectrum.
    """

    def __init__(self, points: int, channels: int) -> None:
        self.points, self.channels = points, channels
        self.layers: list[Layer] = []
        self._shapes: dict[str, tuple[int, ...]] = {INPUT: (points, channels)}

    def add(
        self,
        kind: str,
        inputs: Sequence[str],
        shape: tuple[int, ...],
        *,
        name: str = "",
        size: Mapping[str, int] | None = None,
        activation: str = "linear",
        normalised: bool = False,
        rate: float = 0.0,
    ) -> str:
        """Add any layer."""
        name = name or f"{kind}{len(self.layers)}"
        self.layers.append(Layer(kind, name, tuple(inputs), shape, size or {}, activation, normalised, rate))
        self._shapes[name] = shape
        return name

    def convolution(
        self,
        given: str,
        filters: int,
        kernel: int,
        *,
        stride: int = 1,
        normalised: bool = False,
        activation: str = "relu",
    ) -> str:
        """Add a convolution that keeps the length, divided by the stride and rounded up."""
        points = -(-self._shapes[given][0] // stride)
        size = {"filters": filters, "kernel": kernel, "stride": stride}
        return self.add(
            "convolution",
            [given],
            (points, filters),
            size=size,
            activation=activation,
            normalised=normalised,
        )

    def pool(self, kind: str, given: str, width: int) -> str:
        """Add a pool, unless the length is less than its width.

        Parameters
        ----------
        kind : str
            ``max_pool`` or ``average_pool``.
        given : str
            The layer before.
        width : int
            Points that become one.

        Returns
        -------
        str
            The layer's name.
        """
        points, channels = self._shapes[given]
        if points < width or width < 2:
            return given
        return self.add(kind, [given], (points // width, channels), size={"width": width})

    def whole(self, kind: str, given: str) -> str:
        """Add ``global_average`` or ``global_maximum``: one number of each channel."""
        return self.add(kind, [given], (self._shapes[given][1],))

    def flatten(self, given: str) -> str:
        """Add a layer that lays all points of all channels beside each other."""
        points, channels = self._shapes[given]
        return self.add("flatten", [given], (points * channels,))

    def concatenate(self, given: Sequence[str]) -> str:
        """Add a layer that lays channels, or units, beside each other."""
        first = self._shapes[given[0]]
        return self.add("concatenate", given, (*first[:-1], sum(self._shapes[one][-1] for one in given)))

    def dense(self, given: str, units: int, activation: str = "relu") -> str:
        """Add a dense layer.

        Parameters
        ----------
        given : str
            The layer before.
        units : int
            Outputs.
        activation : str
            Of the outputs.

        Returns
        -------
        str
            The layer's name.
        """
        return self.add("dense", [given], (units,), size={"units": units}, activation=activation)

    def dropout(self, given: str, rate: float) -> str:
        """Add dropout, unless its rate is 0."""
        return self.add("dropout", [given], self._shapes[given], rate=rate) if rate else given

    def same(self, kind: str, given: Sequence[str]) -> str:
        """Add ``add``, ``scale`` or ``relu``: the shape is that of the first input."""
        return self.add(kind, given, self._shapes[given[0]])

    def attention(self, query: str, key: str, value: str) -> str:
        """Add an attention: the mean of all points' values, weighted by how a point's query fits their keys.

        Parameters
        ----------
        query, key : str
            Layers of as many channels; the products over them are divided by the root of their number.
        value : str
            What is averaged.

        Returns
        -------
        str
            The layer's name.
        """
        return self.add("attention", [query, key, value], self._shapes[value])

    def points_of(self, name: str) -> int:
        """Return the points of a layer's output."""
        return self._shapes[name][0]

    def channels_of(self, name: str) -> int:
        """Return the channels of a layer's output."""
        return self._shapes[name][1]

    def network(self, given: str, outputs: int) -> Network:
        """Add the output layer and return the network."""
        units = {"units": outputs}
        self.add("dense", [given], (outputs,), name=OUTPUT, size=units)
        return Network(self.points, self.channels, outputs, tuple(self.layers))

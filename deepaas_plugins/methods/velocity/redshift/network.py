"""Networks of the QuasarNET kind: boxes along the wavelength, of which each line says in which it lies and
where.

NumPy alone. The weights are not part of this package: `Network.read` takes those of a file of Keras, as they
are published, and `python -m deepaas_plugins.methods.velocity.redshift.network WEIGHTS.h5 SPECTRA.npy` prints
redshifts.

Sources
-------
Busca N., Balland C. 2018, arXiv:1808.09955. Farr J. et al. 2020, JCAP 11, 015: DESI's lines and grid.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput

Floats = npt.NDArray[np.float32]

#: First wavelength of the grid (Å), its step in log10, its points.
FIRST, STEP, POINTS = 3600.0, 1e-3, 443
#: Of batch normalisation, as Keras has it.
EPSILON = 1e-3
#: Strides of the convolutions where nothing else is known.
STRIDE = 2
#: Rows that are computed at a time.
CHUNK = 256
#: Rest wavelengths (Å, vacuum) of the lines that published networks were trained with, in their order.
LINES = {
    "Lyα": 1215.67, "C IV": 1549.06, "C III]": 1908.73, "Mg II": 2796.35, "Hβ": 4862.68, "Hα": 6562.8,
    "C IV (BAL)": 1549.06,
}  # fmt: skip
#: The last of them tells broad absorption, which is no redshift.
REDSHIFT_LINES = 6


@dataclass(frozen=True)
class Network:
    """The weights of a network.

    Attributes
    ----------
    layers
        Name of a layer to its arrays by name.
    convolutions
        Stride of each, and whether its ends are padded with zeros so that no point is lost.
    rescaled
        Whether offsets reach a tenth beyond their box, as in published networks.
    """

    layers: Mapping[str, Mapping[str, Floats]]
    convolutions: Sequence[tuple[int, bool]]
    rescaled: bool

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the weights of a file of Keras (HDF5); nothing in it is executed.

        Parameters
        ----------
        path : Path
            Of the file.

        Raises
        ------
        InvalidInput
            It is none, or lacks a layer.
        """
        import h5py  # noqa: PLC0415 - only where weights are read

        try:
            with h5py.File(path, "r") as file:
                group = file.get("model_weights", file)
                layers = {name: _arrays(group[name]) for name in group}
                rescaled = any(name.startswith("lambda_") for name in group)
                convolutions = _convolutions(file.attrs.get("model_config"))
        except (OSError, KeyError, ValueError) as error:
            raise InvalidInput(f"{path.name} holds no weights of Keras in HDF5: {error}.") from error
        return cls.of(
            {name: arrays for name, arrays in layers.items() if arrays}, convolutions, rescaled=rescaled
        )

    @classmethod
    def of(
        cls,
        layers: Mapping[str, Mapping[str, Floats]],
        given: Mapping[str, tuple[int, bool]],
        *,
        rescaled: bool,
    ) -> Self:
        """Check the layers: ``conv_1 …``, a common dense layer, and two dense layers for each line.

        Parameters
        ----------
        layers : mapping
            As of the class.
        given : mapping
            Stride and padding of convolutions by name; others have `STRIDE` and none.
        rescaled : bool
            As of the class.

        Raises
        ------
        InvalidInput
            One is missing, or the network is for another grid.
        """
        convolutions = sum(name.startswith("conv_") for name in layers)
        wanted = [f"conv_{one + 1}" for one in range(convolutions)]
        wanted += [f"batch_normalization_{one + 1}" for one in range(convolutions + 1)]
        wanted += ["fc_common", "fc_box_0", "fc_offset_0"]
        missing = [name for name in wanted if name not in layers]
        if not convolutions or missing:
            raise InvalidInput(f"The weights lack layers: {', '.join(missing) or 'conv_1'}.")
        shapes = [given.get(f"conv_{one + 1}", (STRIDE, False)) for one in range(convolutions)]
        network = cls(layers, shapes, rescaled)
        made, needed = network._width(), layers["fc_common"]["kernel"].shape[0]
        if made != needed:
            raise InvalidInput(
                f"The network makes {made} numbers of {POINTS} points where its dense layer takes "
                f"{needed}: it is for "
                "another grid."
            )
        return network

    @property
    def lines(self) -> int:
        """Count of lines."""
        return sum(name.startswith("fc_box_") for name in self.layers)

    def outputs(self, flux: npt.NDArray[np.floating]) -> Floats:
        """Compute the network.

        Parameters
        ----------
        flux : ndarray
            On the grid of `grid`, of zero mean and unit deviation, shape (rows, points).

        Returns
        -------
        ndarray
            Confidences of the boxes and offsets in them, shape (lines, rows, 2 boxes).
        """
        parts = [self._some(flux[first : first + CHUNK]) for first in range(0, len(flux), CHUNK)]
        return np.concatenate(parts, axis=1)

    def _some(self, flux: npt.NDArray[np.floating]) -> Floats:
        values = np.asarray(flux, dtype=np.float32)[:, :, None]
        for number, (stride, padded) in enumerate(self.convolutions, 1):
            layer = self.layers[f"conv_{number}"]
            values = _convolved(values, layer["kernel"], stride, padded=padded) + layer["bias"]
            values = np.maximum(self._normalised(values, number), 0.0)
        values = self._dense(values.reshape(len(values), -1), "fc_common")
        values = np.maximum(self._normalised(values, len(self.convolutions) + 1), 0.0)
        lines = []
        for number in range(self.lines):
            box = _sigmoid(self._dense(values, f"fc_box_{number}"))
            offset = _sigmoid(self._dense(values, f"fc_offset_{number}"))
            lines.append(np.concatenate([box, -0.1 + 1.2 * offset if self.rescaled else offset], axis=1))
        return np.stack(lines)

    def _dense(self, values: Floats, name: str) -> Floats:
        return np.asarray(values @ self.layers[name]["kernel"] + self.layers[name]["bias"])

    def _normalised(self, values: Floats, number: int) -> Floats:
        layer = self.layers[f"batch_normalization_{number}"]
        scale = layer["gamma"] / np.sqrt(layer["moving_variance"] + EPSILON)
        return np.asarray((values - layer["moving_mean"]) * scale + layer["beta"])

    def _width(self) -> int:
        points, channels = POINTS, 1
        for number, (stride, padded) in enumerate(self.convolutions, 1):
            width, _, channels = self.layers[f"conv_{number}"]["kernel"].shape
            points = -(-points // stride) if padded else (points - width) // stride + 1
        return points * channels


def grid() -> npt.NDArray[np.float64]:
    """Return the first wavelength of each point, Å in vacuum, shape (points,)."""
    return np.asarray(10.0 ** (np.log10(FIRST) + STEP * np.arange(POINTS)))


def redshifts(outputs: Floats) -> tuple[Floats, Floats]:
    """Read outputs.

    Parameters
    ----------
    outputs : ndarray
        Of `Network.outputs`, shape (lines, rows, 2 boxes).

    Returns
    -------
    redshift : ndarray
        Of the most confident line, shape (rows,).
    confidence : ndarray
        Of each line, shape (lines, rows).
    """
    boxes = outputs.shape[2] // 2
    rest = np.array(list(LINES.values())[: len(outputs)])
    box = outputs[:, :, :boxes].argmax(axis=2)
    offset = np.take_along_axis(outputs, boxes + box[:, :, None], axis=2)[:, :, 0]
    confidence = outputs[:, :, :boxes].max(axis=2)
    place = (box + offset) * POINTS / boxes
    observed = np.interp(place, np.arange(POINTS), grid())
    each = observed / rest[:, None] - 1.0
    best = confidence[:REDSHIFT_LINES].argmax(axis=0)
    return each[best, np.arange(outputs.shape[1])].astype(np.float32), confidence


def _convolved(values: Floats, kernel: Floats, stride: int, *, padded: bool) -> Floats:
    """Convolve; values (rows, points, channels), kernel (width, channels, filters)."""
    if padded:  # as TensorFlow does: the odd zero at the end
        points, width = values.shape[1], kernel.shape[0]
        more = max((-(-points // stride) - 1) * stride + width - points, 0)
        values = np.pad(values, ((0, 0), (more // 2, more - more // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(values, kernel.shape[0], axis=1)[:, ::stride]
    # Windows are (rows, points, channels, width).
    return np.asarray(np.tensordot(windows, kernel, axes=([3, 2], [0, 1])), dtype=np.float32)


def _convolutions(config: Any) -> dict[str, tuple[int, bool]]:
    """Return stride and padding of the convolutions of a description of Keras, none without one."""
    try:
        layers = json.loads(config)["config"]["layers"]
        found = {one["config"]["name"]: one["config"] for one in layers if "strides" in one["config"]}
        return {name: (int(one["strides"][0]), one["padding"] == "same") for name, one in found.items()}
    except (TypeError, ValueError, KeyError, IndexError):
        return {}


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -60.0, 60.0))), dtype=np.float32)


def _arrays(group: Any) -> dict[str, Floats]:
    """Return the arrays of a layer, by their names without scope and ``:0``."""
    import h5py  # noqa: PLC0415 - as above

    found: dict[str, Floats] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.size < 10**8:
            found[name.rsplit("/", 1)[-1].partition(":")[0]] = np.asarray(item[()], dtype=np.float32)

    group.visititems(take)
    return found


def main(arguments: Sequence[str]) -> int:
    """Print the redshift and the confidence of each spectrum of a NumPy file on the grid."""
    if len(arguments) != 2:
        sys.stderr.write(
            "Usage: python -m deepaas_plugins.methods.velocity.redshift.network WEIGHTS.h5 SPECTRA.npy\n"
        )
        return 2
    outputs = Network.read(Path(arguments[0])).outputs(np.load(arguments[1], allow_pickle=False))
    redshift, confidence = redshifts(outputs)
    for one, best in zip(redshift, confidence[:REDSHIFT_LINES].max(axis=0), strict=True):
        sys.stdout.write(f"{one:.5f} {best:.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

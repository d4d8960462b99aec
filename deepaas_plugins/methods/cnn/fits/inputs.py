"""Spectra as a network sees them: representations as channels, standardised by training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.cnn.fits.augmentation import velocity_slope
from deepaas_plugins.methods.cnn.networks.network import CLIP
from deepaas_plugins.methods.spectral_features.representation import REPRESENTATIONS, Representation

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]

#: Rows by which a channel is measured, at most.
MEASURED = 4096
#: Fluxes beyond these percentiles are cut before mean and deviation are taken.
PERCENTILES = (0.1, 99.9)
#: Parts of a representation that show a continuum.
CONTINUUM = ("flux", "standard", "log")


class Inputs:
    """The representations of spectra.

    Parameters
    ----------
    representation
        What the network sees.
    matrix
        Prepared spectra, shape (rows, columns), float32.
    wavelength
        Å, shape (columns,), or None.
    """

    def __init__(self, representation: Representation, matrix: Matrix, wavelength: FloatArray | None) -> None:
        self.matrix = representation.of_spectra(matrix)
        self.channels = representation.parts
        self.points = self.matrix.shape[1] // self.channels
        names = REPRESENTATIONS[representation.name]
        self.tilted = np.array([name in CONTINUUM for name in names])
        self.axis = binned_axis(wavelength, matrix.shape[1], self.points)
        self.slope = None if wavelength is None else velocity_slope(self.axis)

    def measure(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Measure the channels.

        Parameters
        ----------
        rows : array of int, shape (n,)
            Rows of the training part.

        Returns
        -------
        centre, scale : arrays of float, shape (channels,)
            Mean and deviation of each channel.
        """
        chosen = rows[:: -(-len(rows) // MEASURED)]
        cube = self.matrix[chosen].reshape(len(chosen), self.channels, self.points)
        centre, scale = np.zeros(self.channels), np.ones(self.channels)
        for channel in range(self.channels):
            values = cube[:, channel].astype(np.float64)
            values = np.clip(values, *np.percentile(values, PERCENTILES))
            centre[channel] = values.mean()
            scale[channel] = values.std() or 1.0
        return centre, scale

    def cube(self, rows: IntArray, centre: FloatArray, scale: FloatArray) -> Matrix:
        """Return standardised spectra.

        Parameters
        ----------
        rows : array of int, shape (n,)
            Which spectra.
        centre, scale : arrays of float, shape (channels,)
            From `measure`.

        Returns
        -------
        array of float32, shape (n, points, channels)
            What the network takes.
        """
        cube = self.matrix[rows].reshape(len(rows), self.channels, self.points)
        return standardised(cube, centre, scale).transpose(0, 2, 1).copy()

    def empty(self, centre: FloatArray, scale: FloatArray) -> Matrix:
        """Return what a standardised 0 is in each channel, shape (channels,)."""
        zeros = np.zeros((1, self.channels, 1), dtype=np.float32)
        return standardised(zeros, centre, scale)[0, :, 0]


def standardised(cube: Matrix, centre: FloatArray, scale: FloatArray) -> Matrix:
    """Return spectra with what `graph.to_onnx` does to them first.

    Parameters
    ----------
    cube : array of float32, shape (rows, channels, points)
        The spectra.
    centre, scale : arrays of float, shape (channels,)
        Mean and deviation of each channel.

    Returns
    -------
    array of float32, shape (rows, channels, points)
        Standardised, and clipped.
    """
    factor, offset = (1.0 / scale).astype(np.float32), (-centre / scale).astype(np.float32)
    return np.asarray(np.clip(cube * factor[:, None] + offset[:, None], -CLIP, CLIP))


def binned_axis(wavelength: FloatArray | None, columns: int, points: int) -> FloatArray:
    """Return the wavelength of each point, or its number among the columns where there is none.

    Parameters
    ----------
    wavelength : array of float, shape (columns,), or None
        Å.
    columns, points : int
        How many columns were prepared, and into how many points they are joined.

    Returns
    -------
    array of float, shape (points,)
        Å, or numbers of columns.
    """
    axis = np.arange(columns, dtype=np.float64) if wavelength is None else np.asarray(wavelength)
    size = -(-columns // points)
    edges = np.arange(0, columns, size)
    return np.asarray(np.add.reduceat(axis, edges) / np.diff([*edges, columns]))

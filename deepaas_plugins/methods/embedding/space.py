"""Where distances are measured: along principal components, or in an autoencoder's latent space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Frame, Matrix, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes


@dataclass(frozen=True)
class Space:
    """The frame, the axes in it and, where it was trained, the autoencoder.

    Attributes
    ----------
    frame, axes
        Of the training set.
    coder
        None without one.
    kind
        Where distances are measured: a word of `parameters.SPACES`.
    """

    frame: Frame
    axes: PrincipalAxes
    coder: Autoencoder | None
    kind: str

    def vectors(self, rows: Rows) -> Matrix:
        """Return rows in the space that distances are measured in.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows, dimensions), float32. Distances along components are those of the frame, without
            what the components leave out.
        """
        if self.kind == "autoencoder" and self.coder is not None:
            return self.coder.latent(rows.values)
        return np.asarray(self.axes.coordinates(rows.values) * self.axes.deviation, dtype=np.float32)

    @property
    def dimensions(self) -> int:
        """Return the length of a vector."""
        if self.kind == "autoencoder" and self.coder is not None:
            return int(self.coder.weights[1].shape[1])
        return int(self.axes.axes.shape[1])

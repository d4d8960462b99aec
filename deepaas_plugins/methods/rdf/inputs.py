"""What the trees of a forest see of a prepared spectrum: a representation, and distances to templates."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.spectral_features.representation import Representation
from deepaas_plugins.methods.spectral_features.templates import Templates

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Inputs:
    """From prepared spectra to the features that trees split on.

    Attributes
    ----------
    representation
        Of each spectrum by itself.
    templates
        Of the training rows, or None.
    """

    representation: Representation = field(default_factory=Representation)
    templates: Templates | None = None

    def size(self, columns: int) -> int:
        """Return the number of features of spectra with so many columns."""
        return self.representation.size(columns) + (self.templates.size if self.templates else 0)

    def features(self, flux: Matrix) -> Matrix:
        """Return the features of prepared spectra.

        Parameters
        ----------
        flux : ndarray
            Shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows, size(columns)), float32.
        """
        represented = self.representation.of_spectra(flux)
        if self.templates is None:
            return represented
        return np.concatenate([represented, self.templates.distances(flux)], axis=1)

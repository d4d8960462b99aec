"""A fitted embedding: where rows lie on every plane, and which training spectra are like them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.embedding.layouts import LatentPlane, PrincipalPlane
from deepaas_plugins.methods.embedding.placement import Placement
from deepaas_plugins.methods.embedding.references import References
from deepaas_plugins.methods.embedding.space import Space
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows


@dataclass(frozen=True)
class FittedEmbedding:
    """Planes and references.

    Attributes
    ----------
    space
        Where distances are measured.
    planes
        Those with a formula, by name.
    placement
        Those without.
    references
        Training spectra that are found again.
    wavelength
        Of the columns, Å in vacuum, shape (columns,), or None.
    """

    space: Space
    planes: Mapping[str, PrincipalPlane | LatentPlane]
    placement: Placement
    references: References
    wavelength: npt.NDArray[np.float64] | None

    @property
    def names(self) -> list[str]:
        """Return the layouts, those with a formula first."""
        return [*self.planes, *self.placement.places]

    def places(self, rows: Rows, vectors: Matrix) -> dict[str, Matrix]:
        """Return where rows lie.

        Parameters
        ----------
        rows : Rows
            In the frame.
        vectors : ndarray
            The same in the space, shape (rows, dimensions).

        Returns
        -------
        dict
            By layout, shape (rows, 2) each.
        """
        found = {name: plane.of_rows(rows) for name, plane in self.planes.items()}
        return found | self.placement.place(vectors)

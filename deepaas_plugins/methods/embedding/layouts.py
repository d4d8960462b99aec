"""Planes of spectra: by a formula (PCA, latent space) or by an optimisation (UMAP, t-SNE)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes
from deepaas_plugins.pipeline.processors import processors

Arrays = dict[str, npt.NDArray[Any]]

#: Rows that t-SNE is fitted to, at most.
MOST_TSNE = 20_000


@dataclass(frozen=True)
class PrincipalPlane:
    """The two first principal components.

    Attributes
    ----------
    axes
        Of the training set; with one component only, the second coordinate is 0.
    """

    axes: PrincipalAxes

    def of_rows(self, rows: Rows) -> Matrix:
        """Return rows on the plane, shape (rows, 2), in the unit of the frame.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows, 2), float32, in the unit of the frame.
        """
        found = (self.axes.coordinates(rows.values) * self.axes.deviation)[:, :2]
        return np.pad(found, ((0, 0), (0, 2 - found.shape[1]))).astype(np.float32)

    def arrays(self) -> Arrays:
        """Return nothing: the axes are saved for themselves.

        Returns
        -------
        dict
            By name.
        """
        return {}


@dataclass(frozen=True)
class LatentPlane:
    """The plane in which the latent space of an autoencoder spreads most.

    Attributes
    ----------
    coder
        The autoencoder.
    centre, directions
        Of the plane, shapes (latent,) and (latent, 2), float32.
    """

    coder: Autoencoder
    centre: Matrix
    directions: Matrix

    @classmethod
    def fit(cls, coder: Autoencoder, sample: Rows) -> Self:
        """Find the plane.

        Parameters
        ----------
        coder : Autoencoder
            Trained.
        sample : Rows
            In the frame.

        Returns
        -------
        LatentPlane
            By the two first principal components of the latent values.
        """
        latent = coder.latent(sample.values).astype(np.float64)
        centre = latent.mean(axis=0)
        _, vectors = np.linalg.eigh(np.atleast_2d(np.cov(latent.T)))
        return cls(coder, centre.astype(np.float32), vectors[:, ::-1][:, :2].astype(np.float32))

    def of_rows(self, rows: Rows) -> Matrix:
        """Return rows on the plane, shape (rows, 2).

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows, 2), float32.
        """
        return np.asarray((self.coder.latent(rows.values) - self.centre) @ self.directions, dtype=np.float32)

    def arrays(self) -> Arrays:
        """Return the arrays to save, besides those of the autoencoder.

        Returns
        -------
        dict
            By name.
        """
        return {"plane_centre": self.centre, "plane_directions": self.directions}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], coder: Autoencoder) -> Self:
        """Return the plane of saved arrays.

        Raises
        ------
        ValueError
            They are none of this autoencoder.
        """
        latent = coder.weights[1].shape[1]
        centre = checked_array(arrays, "plane_centre", (latent,)).astype(np.float32)
        directions = checked_array(arrays, "plane_directions", (latent, 2)).astype(np.float32)
        return cls(coder, centre, directions)


def umap(vectors: Matrix, params: Json, seed: int) -> Matrix:
    """Lay vectors out by UMAP, its neighbours found by `NeighbourIndex`.

    Parameters
    ----------
    vectors : ndarray
        Shape (rows, dimensions), float32; more rows than neighbours.
    params : Json
        Of `TrainParameters`.
    seed : int
        Of the optimisation.

    Returns
    -------
    ndarray
        Shape (rows, 2), float32.
    """
    count = params["neighbours"]
    others = NeighbourIndex(vectors, seed=seed).among_themselves(count - 1)
    row = np.concatenate([np.arange(len(vectors))[:, None], others.row], axis=1)
    distance = np.concatenate([np.zeros((len(vectors), 1), np.float32), others.distance], axis=1)
    distance = np.where(np.isfinite(distance), distance, distance[np.isfinite(distance)].max())
    with warnings.catch_warnings():
        # Of parts that are not installed and not used, of one thread under a seed, of neighbours that are
        # given.
        warnings.simplefilter("ignore")
        from umap import UMAP  # noqa: PLC0415 - it compiles, for training only

        made = UMAP(
            n_neighbors=count,
            min_dist=params["minimum_distance"],
            n_epochs=params["umap_epochs"],
            init="random" if len(vectors) < 3 * count else "spectral",
            precomputed_knn=(row, distance.astype(np.float32)),
            force_approximation_algorithm=True,
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(made.fit_transform(vectors), dtype=np.float32)


def tsne(vectors: Matrix, params: Json, seed: int) -> Matrix:
    """Lay vectors out by t-SNE.

    Parameters
    ----------
    vectors : ndarray
        Shape (rows, dimensions), float32; more rows than the perplexity, at most `MOST_TSNE`.
    params : Json
        Of `TrainParameters`.
    seed : int
        Of the optimisation.

    Returns
    -------
    ndarray
        Shape (rows, 2), float32.
    """
    from sklearn.manifold import TSNE  # noqa: PLC0415 - a second to import, for training only

    dimensions = vectors.shape[1]
    made = TSNE(
        perplexity=params["perplexity"],
        init="pca" if dimensions >= 2 else "random",
        learning_rate="auto",
        random_state=seed,
        n_jobs=processors(),
    )
    return np.asarray(made.fit_transform(vectors), dtype=np.float32)


#: Layouts without a formula, by name.
OPTIMISED = {"umap": umap, "tsne": tsne}

"""Principal components."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from marshmallow import Schema

from spectra.spectrum import FloatArray
from spectra.steps.columns.projection import Projection, upright
from spectra.steps.moments import column_moments
from spectra.steps.parameters import boolean, integer
from spectra.steps.step import Chunks, State

EXACT_COLUMNS = 2048
"""Up to here the covariance matrix is gathered (≤ 34 MB), which is exact; above, IncrementalPCA."""


class PcaSchema(Schema):
    """Parameters of `Pca`."""

    components = integer("Components", "How many components are kept.", 20, minimum=1, maximum=4096)
    whiten = boolean(
        "Whiten", "Divide each component by its standard deviation in the training set.", False, advanced=True
    )


class Pca(Projection):
    """Principal components, learned from all rows in a stream.

    Up to 2,048 columns the covariance is gathered in one pass and diagonalised: exact. Wider matrices go
    through scikit-learn's `IncrementalPCA` (Ross et al. 2008, IJCV 77, 125), which is close to it. The sign
    of a component is fixed: its largest element is positive.
    """

    name = "pca"
    title = "Principal components"
    help = "Replaces the columns by the leading principal components of the training set."
    schema = PcaSchema
    prefix = "PC"

    def fit(self, chunks: Chunks) -> None:
        """Learn from all rows."""
        first = next(iter(chunks()), None)
        columns = 0 if first is None else first[0].shape[1]
        self.state = self._exact(chunks) if columns <= EXACT_COLUMNS else self._incremental(chunks)

    def _exact(self, chunks: Chunks) -> State:
        rows, mean, products = column_moments((flux for flux, _ in chunks()), covariance=True)
        self.check_size(rows, len(mean))
        values, vectors = np.linalg.eigh(products / max(rows - 1, 1))
        kept = np.argsort(values)[::-1][: self.parameters["components"]]
        return self._state(mean, vectors.T[kept], values[kept])

    def _incremental(self, chunks: Chunks) -> State:
        from sklearn.decomposition import IncrementalPCA  # noqa: PLC0415 - loads much, for wide matrices only

        components: int = self.parameters["components"]
        model = IncrementalPCA(n_components=components)
        rows = columns = 0
        for flux in _at_least(chunks, components):
            rows, columns = rows + len(flux), flux.shape[1]
            if len(flux) >= components:
                model.partial_fit(flux)
        self.check_size(rows, columns)
        return self._state(model.mean_, model.components_, model.explained_variance_)

    def _state(self, mean: FloatArray, vectors: FloatArray, variances: FloatArray) -> State:
        vectors = upright(np.ascontiguousarray(vectors))
        if self.parameters["whiten"]:
            spread = np.sqrt(np.maximum(variances, 0.0))
            vectors = vectors / np.where(spread > 0.0, spread, 1.0)[:, None]
        return {"mean": mean, "map": vectors}


def _at_least(chunks: Chunks, rows: int) -> Iterator[FloatArray]:
    """Join chunks so that each but the only one has at least so many rows (IncrementalPCA asks for it)."""
    waiting: list[FloatArray] = []
    for flux, _ in chunks():
        waiting.append(flux)
        # One chunk is kept: what is left at the end joins it instead of standing alone.
        if sum(map(len, waiting[:-1])) >= rows and len(flux) >= rows:
            yield np.concatenate(waiting[:-1])
            waiting = waiting[-1:]
    if waiting:
        yield np.concatenate(waiting)

"""Fits the planes to a sample, places all rows on them chunk by chunk, and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.embedding import stability
from deepaas_plugins.methods.embedding.fitted import FittedEmbedding
from deepaas_plugins.methods.embedding.layouts import MOST_TSNE, OPTIMISED, LatentPlane, PrincipalPlane
from deepaas_plugins.methods.embedding.model import EmbeddingModel
from deepaas_plugins.methods.embedding.parameters import LAYOUTS
from deepaas_plugins.methods.embedding.placement import Placement
from deepaas_plugins.methods.embedding.references import References
from deepaas_plugins.methods.embedding.report import Findings, report
from deepaas_plugins.methods.embedding.space import Space
from deepaas_plugins.methods.unsupervised import sample
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Frame, Matrix, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

if TYPE_CHECKING:
    from spectra import FeatureSet


def train(features: FeatureSet, params: Json, run: Run) -> EmbeddingModel:
    """Fit, place and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress, metrics and the report.

    Returns
    -------
    EmbeddingModel
        Planes and references.

    Raises
    ------
    InvalidInput
        The rows cannot be compared, or are too few for neighbours or perplexity.
    Cancelled
        The run was asked to stop.
    """
    _check(features, params)
    rows = sample.choose(features.rows, features.columns, params["sample_rows"], params["seed"])
    matrix = sample.read(features, rows)
    are_spectra = features.wavelength is not None
    frame = Frame.fit(matrix, zeros_missing=are_spectra, standardise=are_spectra and params["standardise"])
    inside = frame.rows(matrix)
    del matrix
    run.metric("spectra", features.rows)
    run.metric("spectra_sampled", len(rows))
    space = _space(features, frame, inside, params, run)
    planes = _planes(space, inside, params)
    placement = _placement(space, inside, params, run)
    stable = stability.measure(_seeded(params), space, inside, params, run)
    del inside
    fitted = FittedEmbedding(
        space=space,
        planes=planes,
        placement=placement,
        references=_references(features, space, params, run),
        wavelength=features.wavelength,
    )
    places = _place(features, fitted, run)
    run.progress(0, 1, "report")
    labels = features.labels()
    report(run, Findings(features, fitted, places, labels, stable, laid_out=len(placement.vectors)))
    run.progress(1, 1, "report")
    return EmbeddingModel(features.recipe, None, fitted, params)


def _check(features: FeatureSet, params: Json) -> None:
    """Reject what is known to be too little before anything is read."""
    rows = features.rows
    if rows < 2:
        raise InvalidInput("The feature set has one spectrum: there is nothing to compare it with.")
    for layout, name in (("umap", "neighbours"), ("tsne", "perplexity")):
        if params[layout] and rows <= params[name]:
            raise InvalidInput(
                f"Parameter {name} = {params[name]:g}: there are {rows} spectra. Give less than {rows}, or "
                f"switch {layout} off."
            )


def _seeded(params: Json) -> list[str]:
    return [name for name in (*OPTIMISED, "autoencoder") if params[name]]


def _space(features: FeatureSet, frame: Frame, inside: Rows, params: Json, run: Run) -> Space:
    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "components")

    def tell_epoch(epoch: int, loss: float) -> None:
        run.stop_if_cancelled()
        run.metric("autoencoder_loss", loss, epoch)
        run.progress(epoch, params["epochs"], "autoencoder")

    chunks = (rows for _, _, rows in sample.chunks(features, frame, tell))
    axes = PrincipalAxes.fit(chunks, frame.scatter, params["components"], inside)
    coder = None
    if params["autoencoder"] or params["space"] == "autoencoder":
        coder = Autoencoder.fit(
            inside,
            frame.scatter,
            latent=params["latent"],
            epochs=params["epochs"],
            seed=params["seed"],
            tell=tell_epoch,
        )
    return Space(frame, axes, coder, params["space"])


def _planes(space: Space, inside: Rows, params: Json) -> dict[str, PrincipalPlane | LatentPlane]:
    planes: dict[str, PrincipalPlane | LatentPlane] = {}
    if params["pca"]:
        planes["pca"] = PrincipalPlane(space.axes)
    if params["autoencoder"] and space.coder is not None:
        planes["autoencoder"] = LatentPlane.fit(space.coder, inside)
    return planes


def _placement(space: Space, inside: Rows, params: Json, run: Run) -> Placement:
    """Lay a sample out by UMAP and t-SNE; both have the same rows, so that both place others alike."""
    names = [name for name in OPTIMISED if params[name]]
    most = min(params["layout_rows"], MOST_TSNE) if params["tsne"] else params["layout_rows"]
    chosen = sample.choose(len(inside), space.dimensions, most if names else 2, params["seed"])
    vectors = space.vectors(Rows(inside.values[chosen], inside.known[chosen]))
    places: dict[str, Matrix] = {}
    for number, name in enumerate(names):
        run.stop_if_cancelled()
        run.progress(number, len(names), "lay out", f"{LAYOUTS[name]} of {len(vectors):,} spectra")
        places[name] = OPTIMISED[name](vectors, params, params["seed"])
    run.progress(1, 1, "lay out")
    return Placement.of(vectors, places)


def _place(features: FeatureSet, fitted: FittedEmbedding, run: Run) -> dict[str, Matrix]:
    """Return the places of all rows by layout."""

    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "place")

    places = {name: np.empty((features.rows, 2), dtype=np.float32) for name in fitted.names}
    for first, _, rows in sample.chunks(features, fitted.space.frame, tell):
        for name, place in fitted.places(rows, fitted.space.vectors(rows)).items():
            places[name][first : first + len(rows)] = place
    return places


def _references(features: FeatureSet, space: Space, params: Json, run: Run) -> References:
    """Read the rows once more and keep the vectors of some."""

    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "references")

    chosen = sample.choose(features.rows, space.dimensions, params["references"], params["seed"])
    kept = np.empty((len(chosen), space.dimensions), dtype=np.float32)
    for first, _, rows in sample.chunks(features, space.frame, tell):
        begin, end = np.searchsorted(chosen, [first, first + len(rows)])
        at = chosen[begin:end] - first
        kept[begin:end] = space.vectors(Rows(rows.values[at], rows.known[at]))
    names, labels = features.names(), features.labels()
    return References.of(kept, chosen, [names[row] for row in chosen], [labels[row] for row in chosen])

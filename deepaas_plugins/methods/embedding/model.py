"""A model of an embedding: where new spectra lie, and the training spectra that are like them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.embedding import stored
from deepaas_plugins.methods.embedding.fitted import FittedEmbedding
from deepaas_plugins.methods.embedding.parameters import LAYOUTS

if TYPE_CHECKING:
    from deepaas_plugins.contract.view import View


@dataclass
class EmbeddingModel(Model):
    """A fitted embedding with its recipe.

    Attributes
    ----------
    recipe, classes
        See `Model`; there are no classes.
    fitted
        Planes and references.
    parameters
        Of the training.
    """

    recipe: spectra.Recipe
    classes: list[str] | None
    fitted: FittedEmbedding
    parameters: Mapping[str, Any]

    def card(self) -> ModelCard:
        """Describe the model."""
        grid = self.fitted.wavelength
        return ModelCard(
            method="embedding",
            recipe=self.recipe.to_json(),
            wavelength=None if grid is None else grid.tolist(),
            parameters=dict(self.parameters),
            details={
                "columns": len(self.fitted.space.frame.centre),
                "layouts": self.fitted.names,
                "space": self.fitted.space.kind,
                "references": len(self.fitted.references.rows),
            },
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays."""
        stored.save(self.fitted, folder)

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Place spectra, and find those of the training set that are like them.

        Parameters
        ----------
        batch : Batch
            Prepared spectra.
        params : Json
            Of `PredictParameters`.

        Returns
        -------
        list of Json
            For each row ``x`` and ``y`` in each layout (`pca`, `umap` …), `nearest_distance` to a training
            spectrum and `similar`: the nearest ones with ``name``, ``row`` in the training set, ``distance``
            and, where known, ``label``. With `like` the similar ones are those of that training spectrum.

        Raises
        ------
        InvalidInput
            The rows have other columns, one has no value, or `like` is no spectrum that the model keeps.
        """
        fitted = self.fitted
        rows = fitted.space.frame.rows_of(batch)
        vectors = fitted.space.vectors(rows)
        places = fitted.places(rows, vectors)
        similar = fitted.references.like(vectors, max(params["similar"], 1))
        nearest = [each[0]["distance"] for each in similar]
        if (like := params.get("like")) is not None:
            [of_one] = fitted.references.like(fitted.references.vector_of(like), params["similar"])
            similar = [of_one] * len(batch)
        return [
            {
                "name": name,
                **{
                    key: {"x": float(place[row, 0]), "y": float(place[row, 1])}
                    for key, place in places.items()
                },
                "nearest_distance": nearest[row],
                "similar": similar[row][: params["similar"]],
            }
            for row, name in enumerate(batch.names)
        ]

    def prediction_views(
        self, numbers: Mapping[str, npt.NDArray[np.float32]], features: spectra.FeatureSet
    ) -> list[View]:
        """Return the predicted spectra on every plane, coloured by the distance to the nearest known one.

        Parameters
        ----------
        numbers : mapping
            Numbers of the answers, by name, shape (rows,) each.
        features : FeatureSet
            The predicted rows.

        Returns
        -------
        list of View
            A scatter plot for each layout.
        """
        note = f"{features.rows:,} spectra; the colour is the distance to the nearest training spectrum."
        return [
            views.scatter(
                f"plane-{name}",
                LAYOUTS[name],
                x_title=f"{LAYOUTS[name]} 1",
                y_title=f"{LAYOUTS[name]} 2",
                x=numbers[f"{name}_x"],
                y=numbers[f"{name}_y"],
                colour=numbers["nearest_distance"],
                note=note,
            )
            for name in self.fitted.names
        ]


def load(folder: Path) -> EmbeddingModel:
    """Read a model that `EmbeddingModel.save` wrote.

    Raises
    ------
    InvalidInput
        It is none, it is damaged, or its arrays do not belong together.
    """
    card = ModelCard.load(folder)
    fitted = stored.load(folder, card)
    return EmbeddingModel(spectra.Recipe.load(folder / "recipe"), None, fitted, dict(card.parameters))

"""Preprocessing as a method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from deepaas_plugins.contract.method import Json, Method
from deepaas_plugins.methods.preprocessing.parameters import PredictSchema, TrainSchema
from deepaas_plugins.methods.preprocessing.recipe import with_parameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Model
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.preprocessing.model import Preparation
    from spectra import FeatureSet


class Preprocessing(Method):
    """Prepare spectra: read, cut, resample, scale, reduce; the result is a feature set for other methods."""

    name: ClassVar[str] = "preprocessing"
    title: ClassVar[str] = "Preprocessing"
    train_schema = TrainSchema
    predict_schema = PredictSchema
    needs_labels: ClassVar[bool] = False
    domain: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    done: ClassVar[str] = "The feature set is ready."

    def recipe_for(self, params: Json, given: Mapping[str, Any] | None) -> Json:
        """Return the given recipe, or the default one, with the steps that the parameters ask for."""
        return with_parameters(given if given is not None else self.default_recipe, params)

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> Preparation:
        """Report what was prepared, export it, and keep the recipe as the model.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes the report.
        start : Model or None
            None: the method cannot start from a model.

        Returns
        -------
        Preparation
            The recipe as a model.
        """
        from deepaas_plugins.methods.preprocessing.report import report  # noqa: PLC0415 - heavy

        return report(features, params, run)

    def load(self, folder: Path) -> Preparation:
        """Read the saved recipe."""
        from deepaas_plugins.methods.preprocessing.model import Preparation  # noqa: PLC0415 - heavy

        return Preparation.load(folder)

"""The method: train a self-organising map, load one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.method import Json, Method
from deepaas_plugins.methods.som.parameters import PredictParameters, TrainParameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.som.model import SomModel
    from spectra import FeatureSet


class SelfOrganisingMap(Method):
    """Self-organising map (Kohonen 2013): orders spectra on a plane by similarity; unsupervised."""

    name: ClassVar[str] = "som"
    title: ClassVar[str] = "Self-organising map"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW

    def train(self, features: FeatureSet, params: Json, run: Run) -> SomModel:
        """Train a map, place all spectra on it, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes progress, metrics and the report.

        Returns
        -------
        SomModel
            The trained model.
        """
        # SciPy takes its time to import: not for listing modules.
        from deepaas_plugins.methods.som.training import train  # noqa: PLC0415 - see above

        return train(features, params, run)

    def load(self, folder: Path) -> SomModel:
        """Read a map that `SomModel.save` wrote."""
        from deepaas_plugins.methods.som.model import load  # noqa: PLC0415 - see `train`

        return load(folder)

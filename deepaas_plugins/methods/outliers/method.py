"""Outliers as a method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.method import Json, Method
from deepaas_plugins.methods.outliers.parameters import PredictParameters, TrainParameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Model
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.outliers.model import OutlierModel
    from spectra import FeatureSet


class Outliers(Method):
    """Finds odd spectra by several detectors side by side and shows what is odd in each; unsupervised."""

    name: ClassVar[str] = "outliers"
    title: ClassVar[str] = "Outliers"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    # The scores themselves say how unlike the training set a spectrum is.
    domain: ClassVar[bool] = False

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> OutlierModel:
        """Fit the detectors, rank all spectra, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows; labels are shown, not learned from.
        params : Json
            Of `TrainParameters`.
        run : Run
            Takes progress, metrics and the report.
        start : Model or None
            None: the method cannot start from a model.

        Returns
        -------
        OutlierModel
            The fitted detectors.

        Raises
        ------
        InvalidInput
            One spectrum, equal spectra, columns without values, fewer spectra than neighbours, or marks of
            spectra that are not there.
        Cancelled
            The run was asked to stop.
        """
        # scikit-learn takes a second to import: not for listing modules.
        from deepaas_plugins.methods.outliers.training import train  # noqa: PLC0415 - see above

        return train(features, params, run)

    def load(self, folder: Path) -> OutlierModel:
        """Read a saved model; it is arrays only and checked."""
        from deepaas_plugins.methods.outliers.model import load  # noqa: PLC0415 - see `train`

        return load(folder)

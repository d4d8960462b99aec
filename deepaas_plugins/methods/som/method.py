"""The method: train a self-organising map, load one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Method, Model
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
    starts: ClassVar[bool] = True
    kept_by_start: ClassVar[Sequence[str]] = ("rows", "columns", "topology", "distance")
    default_recipe: ClassVar[Json] = HALPHA_WINDOW

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,
    ) -> SomModel:
        """Train a map, place all spectra on it, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes progress, metrics and the report.
        start : Model or None
            A map whose prototypes the training begins with.

        Returns
        -------
        SomModel
            The trained model.

        Raises
        ------
        InvalidInput
            If the rows cannot be trained on, or the start is no map.
        """
        # SciPy takes its time to import: not for listing modules.
        from deepaas_plugins.methods.som.model import SomModel  # noqa: PLC0415 - see above
        from deepaas_plugins.methods.som.training import train  # noqa: PLC0415 - see above

        if start is not None and not isinstance(start, SomModel):
            raise InvalidInput("The start model is no map.")
        return train(features, params, run, start)

    def load(self, folder: Path) -> SomModel:
        """Read a map that `SomModel.save` wrote."""
        from deepaas_plugins.methods.som.model import load  # noqa: PLC0415 - see `train`

        return load(folder)

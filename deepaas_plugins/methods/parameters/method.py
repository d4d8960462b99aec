"""Parameters of stars as a method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from deepaas_plugins.contract.method import Json, Method
from deepaas_plugins.methods.parameters.parameters import PredictSchema, TrainSchema

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Model
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.parameters.model import ParameterModel
    from spectra import FeatureSet

#: The optical range in which the lines of temperature, gravity and metallicity lie.
OPTICAL: Json = {
    "schema": 1,
    "steps": [
        {
            "step": "resample",
            "minimum": 3900.0,
            "maximum": 6800.0,
            "points": 1000,
            "sampling": "log",
            "method": "flux-conserving",
        },
        {"step": "scale", "method": "median"},
    ],
}


class Parameters(Method):
    """Kernel machines and trees on representations of spectra, weighted on left-out objects."""

    name: ClassVar[str] = "parameters"
    title: ClassVar[str] = "Stellar parameters"
    train_schema = TrainSchema
    predict_schema = PredictSchema
    needs_labels: ClassVar[bool] = True
    named_numbers: ClassVar[bool] = True
    default_recipe: ClassVar[Json] = OPTICAL

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> ParameterModel:
        """Train, measure on held-out rows, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes progress, metrics and the report.
        start : Model or None
            None: the method cannot start from a model.

        Returns
        -------
        ParameterModel
            The trained model.

        Raises
        ------
        InvalidInput
            If labels are no numbers, or there are too few.
        """
        # scikit-learn takes a second to import: not for listing modules.
        from deepaas_plugins.methods.parameters.training import train  # noqa: PLC0415 - see above

        return train(features, params, run)

    def load(self, folder: Path) -> ParameterModel:
        """Read a saved model; it is arrays only and checked."""
        from deepaas_plugins.methods.parameters.model import ParameterModel  # noqa: PLC0415 - see `train`

        return ParameterModel.load(folder)

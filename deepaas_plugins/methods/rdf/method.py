"""The random forest as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from deepaas_plugins.contract.method import Json, Method, Model
from deepaas_plugins.methods.rdf.parameters import TrainSchema
from deepaas_plugins.methods.spectral_features.fields import ProbabilitiesSchema
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.rdf.model import ForestModel
    from spectra import FeatureSet


class RandomForest(Method):
    """Random decision forests (Breiman 2001) for classes and numbers, cross-validated by object."""

    name: ClassVar[str] = "rdf"
    title: ClassVar[str] = "Random decision forest"
    train_schema = TrainSchema
    predict_schema = ProbabilitiesSchema
    needs_labels: ClassVar[bool] = True
    number_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("regression",)})
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("classification",)})
    starts: ClassVar[bool] = True
    kept_by_start: ClassVar[Sequence[str]] = (
        "task",
        "variant",
        "representation",
        "high_pass_width",
        "smoothing",
        "points",
        "templates",
    )
    default_recipe: ClassVar[Json] = HALPHA_WINDOW

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,
    ) -> ForestModel:
        """Train a forest, measure it on held-out rows, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes progress, metrics and the report.
        start : Model or None
            A forest to which trees are added.

        Returns
        -------
        ForestModel
            The trained model.

        Raises
        ------
        InvalidInput
            If the rows have too few labels for the parameters, or a test set is asked for beside a start.
        """
        # scikit-learn takes a second to import: not for listing modules, and not before begin.json.
        from deepaas_plugins.methods.rdf.model import start_forest  # noqa: PLC0415 - see above

        begun = start_forest(start, params)
        if params["task"] == "regression":
            from deepaas_plugins.methods.rdf.regression import train  # noqa: PLC0415 - see above
        else:
            from deepaas_plugins.methods.rdf.classes import train  # noqa: PLC0415 - see above
        return train(features, params, run, begun)

    def load(self, folder: Path) -> ForestModel:
        """Read a saved forest; only scikit-learn's own trees are accepted."""
        from deepaas_plugins.methods.rdf.model import ForestModel  # noqa: PLC0415 - see `train`

        return ForestModel.load(folder)

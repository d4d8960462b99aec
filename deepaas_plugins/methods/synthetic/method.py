"""Synthetic as a method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.synthetic.parameters import PredictParameters, TrainParameters

#: The grid of the parameters' defaults. The step mask interpolates over gaps; the dataset keeps them.
ON_THE_GRID: Json = {
    "schema": 1,
    "steps": [
        {"step": "mask"},
        {"step": "resample", "minimum": 6480.0, "maximum": 6770.0, "points": 450},
        {"step": "scale", "method": "median"},
    ],
}


class Synthetic(ImportedMethod):
    """Makes synthetic line profiles and stars, with rotation, limb darkening, instrument, noise and gaps."""

    name: ClassVar[str] = "synthetic"
    title: ClassVar[str] = "Synthetic spectra"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    makes_spectra: ClassVar[bool] = True
    default_recipe: ClassVar[Json] = ON_THE_GRID
    domain: ClassVar[bool] = False
    done: ClassVar[str] = "The synthetic spectra are made."
    made_by: ClassVar[str] = "deepaas_plugins.methods.synthetic.making:make"
    trained_by: ClassVar[str] = "deepaas_plugins.methods.synthetic.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.synthetic.model:load"

    def recipe_for(self, params: Json, given: Mapping[str, Any] | None) -> Json:
        """Return the given recipe, or one onto the grid of the parameters.

        The form shows the default recipe, whose grid is that of the default parameters: there, too, the
        parameters decide.
        """
        if given is not None and not _same(given, self.default_recipe):
            return dict(given)
        grid = {name: params[name] for name in ("minimum", "maximum", "points")}
        steps = [
            {**step, **grid} if step["step"] == "resample" else step for step in self.default_recipe["steps"]
        ]
        return {"schema": 1, "steps": steps}


def _same(given: Mapping[str, Any], other: Json) -> bool:
    """Return whether two recipes are one; forms send every parameter, also those at their defaults."""
    from spectra import Recipe  # noqa: PLC0415 - listing modules stays fast

    return Recipe.from_json(dict(given)).to_json() == Recipe.from_json(other).to_json()

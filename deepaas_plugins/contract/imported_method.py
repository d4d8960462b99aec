"""Methods whose training and model are imported when they are used, so that listing modules stays fast."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, ClassVar

from deepaas_plugins.contract.method import Json, Method, Model

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from spectra import FeatureSet


class ImportedMethod(Method):
    """A method that names its functions: ``package.module:function``, or ``…:Class.function``.

    scikit-learn and SciPy take seconds to import, TensorFlow more; to list modules or read their parameters
    needs none of them.

    Attributes
    ----------
    trained_by
        Function of ``(features, params, run)`` that returns the model; with `starts` also of ``start``.
    loaded_by
        Function of a folder that returns the saved model, which it does not trust.
    made_by
        Function of ``(params, folder, run)`` that writes the spectra, with `makes_spectra`.
    """

    trained_by: ClassVar[str]
    loaded_by: ClassVar[str]
    made_by: ClassVar[str] = ""

    def train(self, features: FeatureSet, params: Json, run: Run, start: Model | None = None) -> Model:
        """Train by the function of `trained_by`.

        Parameters
        ----------
        features, params, run, start
            As of `Method.train`, which also says what is raised.
        """
        more = (start,) if self.starts else ()
        model: Model = resolve_name(self.trained_by)(features, params, run, *more)
        return model

    def make(self, params: Json, folder: Path, run: Run) -> None:
        """Write spectra by the function of `made_by`.

        Parameters
        ----------
        params, folder, run
            As of `Method.make`, which also says what is raised.
        """
        resolve_name(self.made_by)(params, folder, run)

    def load(self, folder: Path) -> Model:
        """Read a saved model by the function of `loaded_by`."""
        model: Model = resolve_name(self.loaded_by)(folder)
        return model

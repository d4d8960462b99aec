"""What a method is: a class that trains a model on a feature set, and the model that predicts.

A new method is one folder with one subclass of `Method` and one of `Model`. Everything else (job folder,
progress, DEEPaaS API, preparation of raw spectra, descriptions for forms) is done around it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from deepaas_plugins.contract.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt
    from marshmallow import Schema

    from deepaas_plugins.contract.held_out import HeldOut
    from deepaas_plugins.contract.model_card import ModelCard
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.contract.view import View
    from spectra import Batch, FeatureSet, Recipe

#: Parameters after their schema has loaded them, or a prediction: JSON objects.
Json = dict[str, Any]


class Model(ABC):
    """A trained model: what `Method.train` returns and `Method.load` reads back.

    Attributes
    ----------
    recipe
        How raw spectra become what `predict` takes; stored with the model.
    classes
        Names of the classes in the order of probabilities, or None where there are none.
    held_out
        Set by `Method.train`: predictions for rows of objects that were left out, by which the pipeline
        calibrates prediction sets and intervals. None: the method has none, and answers come without.
    """

    recipe: Recipe
    classes: list[str] | None
    held_out: HeldOut | None = None

    @abstractmethod
    def card(self) -> ModelCard:
        """Describe the model: method, classes, parameters. Origin and hashes are added by the batch entry."""

    @abstractmethod
    def save_files(self, folder: Path) -> None:
        """Write the model's own files (no pickle: npz, skops, ONNX …) into the folder, which exists."""

    @abstractmethod
    def predict(self, batch: Batch, params: Json) -> list[Json]:
        """Predict all rows of the batch at once.

        Parameters
        ----------
        batch
            Prepared by the model's recipe.
        params
            Loaded by the method's `predict_schema`.

        Returns
        -------
        One prediction per row: `name`, and where they apply `label`, `probabilities`, `calibrated`; keys of
        the method's own beside them. JSON types only.
        """

    def class_probabilities(self, batch: Batch) -> npt.NDArray[np.float64]:
        """Return the probabilities of the classes alone, for passes over millions of rows.

        Models that have them as an array override this: a dictionary a row takes longer than the prediction.

        Parameters
        ----------
        batch
            Prepared by the model's recipe.

        Returns
        -------
        ndarray
            Shape (rows, classes), in the order of `classes`.

        Raises
        ------
        InvalidInput
            The model has no classes, or gives no probabilities.
        """
        classes = self.classes or []
        found = self.predict(batch, {"probabilities": True})
        if not classes or not all("probabilities" in one for one in found):
            raise InvalidInput("The model gives no probabilities of classes: choose a method that does.")
        rows = [[one["probabilities"].get(name, 0.0) for name in classes] for one in found]
        return np.array(rows, dtype=np.float64).reshape(len(found), len(classes))

    def prediction_views(
        self,
        numbers: Mapping[str, npt.NDArray[np.float32]],  # noqa: ARG002 - for models that override
        features: FeatureSet,  # noqa: ARG002
    ) -> list[View]:
        """Return views of the model's own about predictions of a whole feature set.

        Parameters
        ----------
        numbers
            Every number of the predictions over all rows, shape (rows,), NaN where there is none; ``cell``
            as `cell_row` and `cell_column`.
        features
            What was predicted.
        """
        return []

    def save(self, folder: Path) -> None:
        """Write the model's files, its recipe (``recipe/``) and ``model.json``; `Method.load` reads them."""
        folder.mkdir(parents=True, exist_ok=True)
        self.save_files(folder)
        self.recipe.save(folder / "recipe")
        self.card().save(folder)


class Method(ABC):
    """A method: parameters, training, loading.

    Fields of the schemas carry their description for forms as metadata: ``title``, ``description``, ``unit``
    and ``group`` ("basic" or "advanced"); ranges and choices are marshmallow's validators; every field that
    is not required has a `load_default`.

    Attributes
    ----------
    name, title
        Entry point and folder name; name for people.
    train_schema, predict_schema
        Marshmallow schemas of the parameters.
    needs_labels
        Whether training without class labels makes no sense.
    number_labels
        Values of parameters with which it learns numbers, so that every label must be one: parameter to
        values, such as ``{"task": ("regression",)}``.
    class_labels
        Values of parameters with which labels are classes, each of which needs two objects; in the same form.
    named_numbers
        Whether labels are numbers, or several with names, as in ``teff=5780; logg=4.44``; with
        `number_labels`, where these ask for numbers, and some may then be missing.
    starts
        Whether training can start from a model of the same method, recipe and classes.
    kept_by_start
        Parameters that must then be those of the start model.
    default_recipe
        JSON of the recipe that is used where the person gives none.
    makes_spectra
        Whether it makes the spectra that it trains on, by `make`, and takes no dataset.
    domain
        Whether answers say if a spectrum is like the training set; not where nothing is predicted.
    done
        What a person reads when the training has ended well; one sentence.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    train_schema: ClassVar[type[Schema]]
    predict_schema: ClassVar[type[Schema]]
    needs_labels: ClassVar[bool]
    number_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({})
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({})
    named_numbers: ClassVar[bool] = False
    starts: ClassVar[bool] = False
    kept_by_start: ClassVar[Sequence[str]] = ()
    default_recipe: ClassVar[Json]
    makes_spectra: ClassVar[bool] = False
    domain: ClassVar[bool] = True
    done: ClassVar[str] = "The model is trained."

    @abstractmethod
    def train(self, features: FeatureSet, params: Json, run: Run, start: Model | None = None) -> Model:
        """Train on a feature set.

        Parameters
        ----------
        features
            What the recipe made of the spectra; row numbers are what views point at.
        params
            Loaded by `train_schema`.
        run
            Progress, metrics, views, and whether to stop.
        start
            A model that this method made, to go on from: of the same recipe, grid, classes and
            `kept_by_start`, which has been checked. None unless `starts`.

        Raises
        ------
        InvalidInput
            The parameters or the feature set cannot be worked with; one sentence that says why.
        Cancelled
            `run.stop_if_cancelled` raises it.
        """

    def make(self, params: Json, folder: Path, run: Run) -> None:
        """Write the spectra that `train` will see, of a method with `makes_spectra`.

        Parameters
        ----------
        params
            Loaded by `train_schema`.
        folder
            Empty; takes files that `spectra` reads. It becomes a dataset where somebody asks for it, as it
            is.
        run
            Progress, and whether to stop.

        Raises
        ------
        InvalidInput
            The parameters cannot be worked with.
        Cancelled
            `run.stop_if_cancelled` raises it.
        """
        raise NotImplementedError

    @abstractmethod
    def load(self, folder: Path) -> Model:
        """Read a model that `Model.save` wrote. The folder is not trusted: nothing in it is unpickled."""

    def recipe_for(self, params: Json, given: Mapping[str, Any] | None) -> Json:  # noqa: ARG002 - for methods that override
        """Choose the recipe (as JSON) for raw spectra: the person's, else the method's default.

        A method whose parameters speak of preparation (as `preprocessing`) overrides this.
        """
        return dict(given) if given is not None else self.default_recipe

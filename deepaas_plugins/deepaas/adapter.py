"""A method as a DEEPaaS V2 object, so that upstream ``deepaas-run`` and ``deepaas-cli`` run it unchanged."""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepaas_plugins.contract.errors import InvalidInput, none_usable
from deepaas_plugins.contract.method import Method
from deepaas_plugins.deepaas.errors import AnswerError, InputError

if TYPE_CHECKING:
    from deepaas_plugins.deepaas.fields import Fields
    from deepaas_plugins.pipeline.predictor import Predictor

Json = dict[str, Any]


@functools.cache
def plugin(method: type[Method]) -> Plugin:
    """Return the DEEPaaS V2 object of a method: always the same one in a process."""
    return Plugin(method)


class Plugin:
    """What the entry points under ``deepaas.v2.model`` name.

    The heavy parts (reading, preparing, the method's library) are imported when they are first used, so that
    listing the installed modules stays quick.

    Attributes
    ----------
    method
        The method, for our own batch entry and serving.
    """

    def __init__(self, method: type[Method]) -> None:
        self.method = method()
        self._predictor: tuple[tuple[str, int], Predictor] | None = None

    def __reduce__(self) -> tuple[Any, tuple[type[Method]]]:
        """Cross to DEEPaaS' worker process as a name: there too it is one object, and keeps its model."""
        return plugin, (type(self.method),)

    def get_metadata(self) -> Json:
        """Return what ``GET /v2/models/NAME/`` answers."""
        package = metadata("huggins")
        return {
            "id": self.method.name,
            "name": self.method.name,
            "title": self.method.title,
            "description": (type(self.method).__doc__ or self.method.title).strip(),
            "version": package["Version"],
            "license": package["License-Expression"],
            "author": "Huggins",
        }

    def get_predict_args(self) -> Fields:
        """Return the fields of ``predict``: the file `data`, `include_spectra`, and the method's own."""
        from deepaas_plugins.deepaas import fields as wire_fields  # noqa: PLC0415 - see the class

        return wire_fields.prediction_fields() | wire_fields.of_schema(self.method.predict_schema)

    def get_train_args(self) -> Fields:
        """Return the fields of ``train``: `input`, `labels`, `output`, `recipe`, and the method's own."""
        from deepaas_plugins.deepaas import fields as wire_fields  # noqa: PLC0415 - see the class

        return wire_fields.training_fields() | wire_fields.of_schema(self.method.train_schema)

    def warm(self) -> None:
        """Load the model, if there is one already."""
        folder = os.environ.get("HUGGINS_MODEL")
        if folder and (Path(folder) / "model.json").is_file():
            self.loaded()

    def predict(self, **arguments: Any) -> Json:
        """Predict the uploaded spectra.

        Raises
        ------
        InputError
            The input is invalid, or every spectrum in it is rejected; the caller gets 422 and the reason.
        AnswerError
            Anything else went wrong; the caller gets 500 and the reason.
        """
        from deepaas_plugins.deepaas.uploaded import uploaded  # noqa: PLC0415 - see the class
        from spectra import FeatureSetError, RecipeError, UnreadableSpectrum  # noqa: PLC0415 - see the class

        upload = arguments.pop("data")
        spectra_too = bool(arguments.pop("include_spectra", False))
        try:
            with uploaded(upload) as path:
                answer = self.loaded().answer(path, arguments, spectra_too)
        except (InvalidInput, RecipeError, FeatureSetError, UnreadableSpectrum) as error:
            raise InputError(str(error)) from error
        except Exception as error:
            raise AnswerError(f"{type(error).__name__}: {error}") from error
        if answer["rejected"] and not answer["results"]:
            raise InputError(none_usable(answer["rejected"]))
        return answer

    def loaded(self) -> Predictor:
        """Return the model that ``HUGGINS_MODEL`` names, read again when its card has changed.

        Raises
        ------
        InvalidInput
            None is named, or the folder holds none of this method.
        """
        from deepaas_plugins.pipeline.predictor import Predictor  # noqa: PLC0415 - see the class

        folder = os.environ.get("HUGGINS_MODEL")
        if not folder:
            raise InvalidInput("No model is being served: HUGGINS_MODEL names no folder.")
        card = Path(folder) / "model.json"
        key = (folder, card.stat().st_mtime_ns if card.is_file() else 0)
        if self._predictor is None or self._predictor[0] != key:
            self._predictor = key, Predictor(Path(folder), self.method)
        return self._predictor[1]

    def train(
        self,
        input: str,  # noqa: A002 - the name in the API
        labels: str | None = None,
        output: str | None = None,
        recipe: str | None = None,
        **parameters: Any,
    ) -> Json:
        """Train on spectra inside the container.

        Returns
        -------
        ``{"output", "model", "metrics"}``: folders of the run and of the model, last values of the metrics.

        Raises
        ------
        InvalidInput
            Bad parameters or input.
        """
        from deepaas_plugins.contract.run import Run  # noqa: PLC0415 - see the class
        from deepaas_plugins.pipeline.training import Training, train  # noqa: PLC0415 - see the class

        folder = Path(output) if output else Path(tempfile.mkdtemp(prefix=f"{self.method.name}-"))
        training = Training(
            _input(Path(input), labels), parameters, _recipe(recipe), {"module": self.method.name}
        )
        with Run(folder) as run:
            train(self.method, training, run)
            return {"output": str(folder), "model": str(folder / "model"), "metrics": run.metrics}


def _input(path: Path, labels: str | None) -> Any:
    from deepaas_plugins.pipeline.predictor import is_feature_set  # noqa: PLC0415 - see `Plugin`
    from deepaas_plugins.pipeline.preparation import Input  # noqa: PLC0415 - see `Plugin`

    kind = "features" if is_feature_set(path) else "spectra"
    return Input(kind, path, Path(labels) if labels else None, path.name)


def _recipe(text: str | None) -> Mapping[str, Any] | None:
    if not text:
        return None
    try:
        recipe = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"Parameter recipe is not JSON: {error}.") from None
    if not isinstance(recipe, dict):
        raise InvalidInput("Parameter recipe is not a JSON object.")
    return recipe

"""Predict: raw spectra (or a feature set) → the model's recipe → the model → answers in input order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import spectra
from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Method, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.pipeline.reliability.storage import Reliability
from spectra.reading.limits import UNLIMITED, Limits

#: Raw spectra that are held at a time: those of a survey are 100 kB each.
CHUNK = 256

#: Rows of a feature set that are held at a time, where its columns are few.
ROWS = 8192

Json = dict[str, Any]


class Predictor:
    """A loaded model, ready to answer.

    Parameters
    ----------
    folder
        A folder that `Model.save` wrote.
    method
        The method that must have made it, or None: the one that its card names.

    Raises
    ------
    InvalidInput
        There is no model, or another method made it.
    """

    def __init__(self, folder: Path, method: Method | None = None) -> None:
        self.card = ModelCard.load(folder)
        self.method = method if method is not None else registry.method(self.card.method)
        if self.card.method != self.method.name:
            raise InvalidInput(
                f"The model in {folder} was made by {self.card.method}, not by {self.method.name}."
            )
        self.model: Model = self.method.load(folder)
        classes = self.card.classes
        self.reliability = Reliability.load(folder, None if classes is None else len(classes))

    def answer(
        self, source: Path | bytes, parameters: Mapping[str, Any] | None = None, spectra_too: bool = False
    ) -> Json:
        """Answer for every spectrum in a file, an archive or a feature set.

        Parameters
        ----------
        source
            A path, or the bytes of a file.
        parameters
            As the method's `predict_schema` has them.
        spectra_too
            Whether the answer holds the prepared spectra.

        Returns
        -------
        ``{"results", "rejected", "model", "prepared"?}`` (contract "A method").

        Raises
        ------
        InvalidInput
            Bad parameters, or a feature set that does not fit the model.
        """
        checked = load_parameters(self.method.predict_schema, parameters)
        rejected: list[Json] = []
        results: list[Json] = []
        prepared: Json = {"wavelength": None, "flux": []}
        for batch in self.batches(source, rejected):
            results += self.predict(batch, checked)
            if spectra_too:
                prepared["flux"] += batch.flux.tolist()
                prepared["wavelength"] = None if batch.wavelength is None else batch.wavelength.tolist()
        answer: Json = {"results": results, "rejected": rejected, "model": self.about()}
        return answer | {"prepared": prepared} if spectra_too else answer

    def predict(self, batch: spectra.Batch, parameters: Json) -> list[Json]:
        """Predict prepared spectra, with sets or intervals and domain where the model has them.

        Parameters
        ----------
        batch : spectra.Batch
            Prepared by the model's recipe.
        parameters : Json
            Loaded by the method's `predict_schema`.

        Returns
        -------
        list of Json
            One prediction for each row.

        Raises
        ------
        InvalidInput
            If the rows do not fit the model.
        """
        needed = self.reliability.needs_probabilities
        predictions = self.model.predict(
            batch, parameters | {"probabilities": True} if needed else parameters
        )
        self.reliability.complete(predictions, batch, list(self.card.classes or ()))
        if needed and not parameters.get("probabilities", True):
            for prediction in predictions:
                prediction.pop("probabilities", None)
        return predictions

    def about(self) -> Json:
        """Describe the model as answers do; `coverage` is None where answers have no sets or intervals."""
        card = self.card
        return {
            "method": card.method,
            "version": card.version,
            "classes": list(card.classes) if card.classes is not None else None,
            "calibrated": card.calibrated,
            "coverage": self.reliability.coverage,
            "domain": self.reliability.domain is not None,
        }

    def batches(
        self, source: Path | bytes, rejected: list[Json], limits: Limits = UNLIMITED
    ) -> Iterator[spectra.Batch]:
        """Read and prepare spectra, a batch at a time.

        Parameters
        ----------
        source : Path or bytes
            A file, a folder, a feature set, or the bytes of a file.
        rejected : list of Json
            Gets ``{"name", "reason"}`` of every spectrum that cannot be used.
        limits : Limits
            The most points of a spectrum and of a batch.

        Yields
        ------
        spectra.Batch
            Rows on the model's grid.

        Raises
        ------
        InvalidInput
            If a feature set was prepared by another recipe, or has too many columns.
        """
        if isinstance(source, Path) and is_feature_set(source):
            features = spectra.FeatureSet.open(source)
            self.check(features)
            if features.columns > limits.points:
                raise InvalidInput(
                    f"The feature set has {features.columns:,} columns, more than are taken here."
                )
            yield from features.chunks(max(1, min(ROWS, limits.together // features.columns)))
            return

        def unreadable(error: spectra.UnreadableSpectrum) -> None:
            rejected.append({"name": Path(error.source).name, "reason": error.reason})

        def unfit(rejection: spectra.Rejection) -> None:
            rejected.append({"name": Path(rejection.source).name, "reason": rejection.reason})

        raw = spectra.iter_spectra(source, rejected=unreadable, limits=limits)
        yield from self.model.recipe.prepare(raw, unfit, CHUNK, limits.together)

    def check(self, features: spectra.FeatureSet) -> None:
        """Check that a feature set was prepared as the model needs it.

        Raises
        ------
        InvalidInput
            By another recipe, or one that learned from other data, or it was imported and is on another grid.
        """
        if not spectra.prepared_for(features, self.model.recipe, self.card.wavelength):
            raise InvalidInput(
                "The feature set was prepared by another recipe than the model's: give the raw spectra."
            )


def is_feature_set(path: Path) -> bool:
    """Whether the path is a Parquet file."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"

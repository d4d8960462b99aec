"""Calls of our own methods: many at once, through the model's vectorised `predict` (see `method_batch`).

A batch that fails is repeated call by call, so that one bad spectrum harms only itself.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepaas_plugins.contract.errors import InvalidInput, none_usable
from deepaas_plugins.deepaas.adapter import Plugin
from deepaas_plugins.serve.formats import media_types, tables
from deepaas_plugins.serve.formats.arguments import InvalidArguments, Json, RawRequest, Upload, parse
from deepaas_plugins.serve.worker.answer import JSON_CONTENT, Answer, encode_json, failure
from deepaas_plugins.serve.worker.method_batch import MethodBatch, PredictCall, TooManySpectra
from deepaas_plugins.serve.worker.plain_module import PlainModule, of_exception

if TYPE_CHECKING:
    from deepaas_plugins.pipeline.predictor import Predictor
    from deepaas_plugins.serve.worker.isolation import IsolatedReader
    from spectra.reading.limits import Limits
    from spectra.reading.quicklook import QuickLook

LOG = logging.getLogger("huggins.serve.worker")

#: Different sets of arguments whose check is remembered.
REMEMBERED = 256


class MethodModule(PlainModule):
    """One of our methods.

    Parameters
    ----------
    name
        Of its entry point.
    target
        Its `Plugin`.
    points
        Of one spectrum at most.
    seconds
        For reading one file, or one member of an archive.
    spectra
        Of one request at most.
    """

    target: Plugin

    def __init__(
        self,
        name: str,
        target: Plugin,
        points: int,
        seconds: float = math.inf,
        spectra: int = sys.maxsize,
    ) -> None:
        super().__init__(name, target)
        self._spectra = spectra
        self._points, self._seconds = points, seconds
        self._checked: dict[str, Json] = {}
        self._quick: tuple[Predictor, QuickLook | None] | None = None
        self._reader: IsolatedReader | None = None

    def isolate(self, spool: Path) -> None:
        """Close the network of this process, and all files but code, the model and the input of a call."""
        from deepaas_plugins.serve.worker.isolation import IsolatedReader  # noqa: PLC0415 - after imports that count

        self._reader = IsolatedReader(spool)

    def describe(self) -> Json:
        """Say also that calls may come in batches, and spectra as bodies of several kinds."""
        return super().describe() | {"batches": True}

    def warm(self) -> None:
        """Load the model and let a made-up spectrum through: what is imported on the way is imported now."""
        super().warm()
        try:
            grid = self.target.loaded().card.wavelength or range(4000, 9000)
        except InvalidInput as error:
            LOG.warning("%s", error)
            return
        margin = 0.01 * (grid[-1] - grid[0])
        wavelength = [grid[0] - margin, *grid, grid[-1] + margin]
        flux = [1.0 + 0.1 * (number % 7) for number in range(len(wavelength))]
        body = json.dumps({"wavelength": wavelength, "flux": flux}).encode()
        text = "\n".join(f"{x} {y}" for x, y in zip(wavelength, flux, strict=True)).encode()
        upload = Upload("data", "warm.txt", "text/plain", memoryview(text))
        self.predict([(RawRequest(body=body), Path()), (RawRequest(form=[("data", upload)]), Path())])

    def predict(self, requests: list[tuple[RawRequest, Path]]) -> list[Answer]:
        """Answer calls together."""
        answers: list[Answer | None] = [None] * len(requests)
        together: dict[str, list[tuple[int, PredictCall]]] = {}
        for number, (request, folder) in enumerate(requests):
            try:
                call = self._call(request, folder)
            except Exception as error:  # noqa: BLE001 - one call's fault must not be its neighbours'
                answers[number] = of_exception(error)
                continue
            together.setdefault(json.dumps(call.parameters, default=repr), []).append((number, call))
        for group in together.values():
            made = self._answers([call for _, call in group])
            for (number, _), answer in zip(group, made, strict=True):
                answers[number] = answer
        return [answer if answer is not None else failure(500, "no answer was made") for answer in answers]

    def _call(self, request: RawRequest, folder: Path) -> PredictCall:
        from deepaas_plugins.serve.formats.json_spectra import holds_spectra  # noqa: PLC0415 - after `ready`, with NumPy

        body: Any = None
        if not request.uploads and request.body and holds_spectra(request.json):
            body = request.json
            request.form.append(("data", body))
        arguments = self._checked_arguments(request)
        arguments.pop("data", None)
        sources: list[Any] = [body] if body is not None else [u for u in request.uploads if u.field == "data"]
        if not sources:
            raise InvalidArguments(422, {"data": [_without_file(request)]})
        return PredictCall(
            sources=sources,
            spectra_too=bool(arguments.pop("include_spectra", False)),
            parameters=arguments,
            accept=media_types.choose(request.headers.get("accept", "")),
            folder=folder,
            most=self._spectra,
        )

    def _checked_arguments(self, request: RawRequest) -> Json:
        try:
            return self._arguments(request)
        except InvalidArguments as error:
            if isinstance(error.messages, dict) and "data" in error.messages:
                error.messages["data"] = [_without_file(request)]
            raise

    def _arguments(self, request: RawRequest) -> Json:
        """Check the arguments; the same text is checked once (no field looks into a file)."""
        if request.body is not None:
            return parse(self.predict_schema, request)
        texts = [(name, value) for name, value in request.form if isinstance(value, str)]
        files = sorted({upload.field for upload in request.uploads})
        key = json.dumps([request.query, texts, files])
        if key not in self._checked:
            if len(self._checked) >= REMEMBERED:
                self._checked.clear()
            self._checked[key] = parse(self.predict_schema, request)
        return dict(self._checked[key])

    def _answers(self, calls: list[PredictCall]) -> list[Answer]:
        try:
            predictor = self.target.loaded()
        except InvalidInput as error:
            return [failure(503, str(error)) for _ in calls]
        try:
            MethodBatch(predictor, self._quick_look(predictor), calls, self._limits(), self._reader).run()
            about = predictor.about()
            return [_encode(about, call) for call in calls]
        except Exception as error:  # noqa: BLE001 - the batch is repeated call by call, and each is told
            if len(calls) == 1:
                return [_error_answer(error)]
            LOG.warning("A batch of %d calls failed (%s); each is tried alone", len(calls), error)
        for call in calls:
            call.clear()
        return [self._answers([call])[0] for call in calls]

    def _limits(self) -> Limits:
        from spectra.reading.limits import Limits  # noqa: PLC0415 - as all of `spectra`: with the model

        return Limits(self._points, "the server's --max-points", self._seconds)

    def _quick_look(self, predictor: Predictor) -> QuickLook | None:
        """Return what reads only the pixels that the model's recipe needs; it learns, so it is kept."""
        from spectra.reading.quicklook import QuickLook  # noqa: PLC0415 - as all of `spectra`: with the model

        if self._quick is None or self._quick[0] is not predictor:
            window = predictor.model.recipe.flux_window
            self._quick = predictor, None if window is None else QuickLook(window)
        return self._quick[1]


def _without_file(request: RawRequest) -> str:
    """Say what the request has in place of a file called ``data``."""
    if request.body is not None:
        return "The JSON body holds no spectra: it needs wavelength and flux."
    if any(name == "data" for name, _ in request.form):
        return "It is text, not a file: the part of the form needs a filename."
    if request.uploads:
        fields = ", ".join(sorted({repr(upload.field) for upload in request.uploads}))
        return f"Missing data for required field; the request has files in {fields} only."
    return "Missing data for required field."


def _error_answer(error: Exception) -> Answer:
    from spectra import FeatureSetError, RecipeError, UnreadableSpectrum  # noqa: PLC0415 - heavy, and rarely needed

    if isinstance(error, TooManySpectra):
        return failure(413, str(error))
    if isinstance(error, InvalidInput | RecipeError | FeatureSetError | UnreadableSpectrum):
        return failure(422, str(error))
    return of_exception(error)


def _encode(about: Json, call: PredictCall) -> Answer:
    answer: Json = {"results": call.results, "rejected": call.rejected, "model": about}
    count = len(call.results) + len(call.rejected)
    if call.rejected and not call.results:
        return failure(422, none_usable(call.rejected), count, rejected=call.rejected, model=about)
    if call.accept is not None:
        return Answer(
            content_type=f"{call.accept}; charset=utf-8",
            body=tables.encode(call.accept, answer),
            spectra=count,
        )
    if call.spectra_too:
        answer["prepared"] = {"wavelength": call.wavelength, "flux": call.flux}
    body = encode_json({"status": "OK", "predictions": answer})
    return Answer(content_type=JSON_CONTENT, body=body, spectra=count)

"""Calls of our own methods: many at once, through the model's vectorised `predict`.

Spectra of all calls of a batch are read, prepared together and predicted together; each row remembers its
call. A batch that fails is repeated call by call, so that one bad spectrum harms only itself.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepaas_plugins.adapter import Plugin
from deepaas_plugins.refused import Refused
from deepaas_plugins.serve import tables
from deepaas_plugins.serve.answer import JSON_CONTENT, Answer, encode_json, failure
from deepaas_plugins.serve.arguments import InvalidArguments, Json, RawRequest, Upload, parse
from deepaas_plugins.serve.plain_module import PlainModule, of_exception

if TYPE_CHECKING:
    from deepaas_plugins.predicting import Predictor
    from spectra import Batch, Rejection, Spectrum, SpectrumMeta, UnreadableSpectrum
    from spectra.reading.quicklook import QuickLook

LOG = logging.getLogger("huggins.serve.worker")

#: Different sets of arguments whose check is remembered.
REMEMBERED = 256

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")


@dataclass
class Call:
    """One request on its way through a batch."""

    sources: list[Upload | Any]
    parameters: Json
    spectra_too: bool
    accept: str | None
    folder: Path
    results: list[Json] = field(default_factory=list)
    rejected: list[Json] = field(default_factory=list)
    flux: list[list[float]] = field(default_factory=list)
    wavelength: list[float] | None = None

    def clear(self) -> None:
        """Forget what a batch that failed has left."""
        self.results, self.rejected, self.flux, self.wavelength = [], [], [], None


class MethodModule(PlainModule):
    """One of our methods.

    Parameters
    ----------
    name
        Of its entry point.
    target
        Its `Plugin`.
    """

    target: Plugin

    def __init__(self, name: str, target: Plugin) -> None:
        super().__init__(name, target)
        self._checked: dict[str, Json] = {}
        self._quick: tuple[Predictor, QuickLook | None] | None = None

    def describe(self) -> Json:
        """Say also that calls may come in batches, and spectra as bodies of several kinds."""
        return super().describe() | {"batches": True}

    def warm(self) -> None:
        """Load the model and let a made-up spectrum through: what is imported on the way is imported now."""
        super().warm()
        try:
            grid = self.target.loaded().card.wavelength or range(4000, 9000)
        except Refused as error:
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
        together: dict[str, list[tuple[int, Call]]] = {}
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

    def _call(self, request: RawRequest, folder: Path) -> Call:
        from deepaas_plugins.serve.json_spectra import holds_spectra  # noqa: PLC0415 - after `ready`, with NumPy

        body: Any = None
        if not request.uploads and request.body and holds_spectra(request.json):
            body = request.json
            request.form.append(("data", body))
        arguments = self._arguments(request)
        arguments.pop("data", None)
        sources: list[Any] = [body] if body is not None else [u for u in request.uploads if u.field == "data"]
        if not sources:
            raise InvalidArguments(422, {"data": ["Not a file."]})
        return Call(
            sources=sources,
            spectra_too=bool(arguments.pop("include_spectra", False)),
            parameters=arguments,
            accept=tables.choose(request.headers.get("accept", "")),
            folder=folder,
        )

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

    def _answers(self, calls: list[Call]) -> list[Answer]:
        try:
            predictor = self.target.loaded()
            _Batch(predictor, self._quick_look(predictor), calls).run()
            about = predictor.about()
            return [_encode(about, call) for call in calls]
        except Exception as error:  # noqa: BLE001 - the batch is repeated call by call, and each is told
            if len(calls) == 1:
                return [_refusal(error)]
            LOG.warning("A batch of %d calls failed (%s); each is tried alone", len(calls), error)
        for call in calls:
            call.clear()
        return [self._answers([call])[0] for call in calls]

    def _quick_look(self, predictor: Predictor) -> QuickLook | None:
        """Return what reads only the pixels that the model's recipe needs; it learns, so it is kept."""
        from spectra.reading.quicklook import QuickLook  # noqa: PLC0415 - as all of `spectra`: with the model

        if self._quick is None or self._quick[0] is not predictor:
            window = predictor.model.recipe.flux_window
            self._quick = predictor, None if window is None else QuickLook(window)
        return self._quick[1]


def _refusal(error: Exception) -> Answer:
    from spectra import FeatureSetError, RecipeError, UnreadableSpectrum  # noqa: PLC0415 - heavy, and rarely needed

    if isinstance(error, Refused | RecipeError | FeatureSetError | UnreadableSpectrum):
        return failure(422, str(error))
    return of_exception(error)


def _encode(about: Json, call: Call) -> Answer:
    answer: Json = {"results": call.results, "rejected": call.rejected, "model": about}
    count = len(call.results) + len(call.rejected)
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


class _Batch:
    """The spectra of several calls with the same parameters, on their way through one model."""

    def __init__(self, predictor: Predictor, quick: QuickLook | None, calls: Sequence[Call]) -> None:
        self._predictor, self._quick, self._calls = predictor, quick, calls
        self._owners: list[tuple[Call, SpectrumMeta]] = []

    def run(self) -> None:
        """Fill the calls' results."""
        sources = [(call, number, each) for call in self._calls for number, each in enumerate(call.sources)]
        small = [(call, each) for call, _, each in sources if not self._goes_alone(each)]
        if any(step.name == "resample" for step in self._predictor.model.recipe.steps):
            self._prepared(small)
        else:
            # Without one grid for all, the first spectrum's grid is the measure: strangers must not meet.
            for one in small:
                self._prepared([one])
        for call, number, each in sources:
            if self._goes_alone(each):
                self._alone(call, _named(each, call.folder, number))

    @staticmethod
    def _goes_alone(source: Any) -> bool:
        """Whether a source is a spooled file or a feature set, which are read in portions."""
        return isinstance(source, Upload) and (source.content is None or bytes(source.content[:4]) == b"PAR1")

    def _prepared(self, sources: Sequence[tuple[Call, Any]]) -> None:
        self._owners.clear()
        for batch in self._predictor.model.recipe.prepare(self._spectra(sources), rejected=self._unfit):
            owners = [self._owners[int(source.path)] for source in batch.sources]
            true = replace(batch, sources=[meta.source for _, meta in owners])
            self._predict(true, [call for call, _ in owners])

    def _predict(self, batch: Batch, calls: Sequence[Call]) -> None:
        predictions = self._predictor.model.predict(batch, self._calls[0].parameters)
        for call, prediction in zip(calls, predictions, strict=True):
            call.results.append(prediction)
        for row, call in enumerate(calls):
            if call.spectra_too:
                call.flux.append(batch.flux[row].tolist())
                call.wavelength = None if batch.wavelength is None else batch.wavelength.tolist()

    def _alone(self, call: Call, path: Path) -> None:
        for batch in self._predictor.batches(path, call.rejected):
            self._predict(batch, [call] * len(batch))

    def _spectra(self, sources: Sequence[tuple[Call, Any]]) -> Iterator[Spectrum]:
        """Read the sources; every spectrum's source becomes its number, by which its row is known again."""
        from spectra import Source  # noqa: PLC0415 - as all of `spectra`: with the model

        for call, source in sources:
            for spectrum in _read(call, source, self._quick):
                meta = replace(spectrum.meta, source=Source(str(len(self._owners))))
                self._owners.append((call, spectrum.meta))
                yield replace(spectrum, meta=meta)

    def _unfit(self, rejection: Rejection) -> None:
        call, meta = self._owners[int(rejection.source)]
        call.rejected.append({"name": _told(meta), "reason": rejection.reason})


def _named(upload: Upload, folder: Path, number: int) -> Path:
    """Return the stored file under the caller's name for it, which formats and names of spectra depend on."""
    path = folder / f"named-{number}" / plain_name(upload.filename)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.is_symlink():  # a batch that failed is repeated
        path.symlink_to(upload.stored(folder, number))
    return path


def _told(meta: SpectrumMeta) -> str:
    from spectra.rejection import source_text  # noqa: PLC0415 - rarely needed

    return Path(source_text(meta.source)).name or meta.name


def _read(call: Call, source: Any, quick: QuickLook | None) -> Iterator[Spectrum]:
    from spectra import iter_spectra  # noqa: PLC0415 - as all of `spectra`: with the model

    def unreadable(error: UnreadableSpectrum) -> None:
        call.rejected.append({"name": Path(error.source).name, "reason": error.reason})

    if isinstance(source, Upload):
        content = bytes(source.content or b"")
        yield from iter_spectra(content, name=plain_name(source.filename), rejected=unreadable, quick=quick)
        return
    from deepaas_plugins.serve import json_spectra  # noqa: PLC0415 - rarely needed
    from spectra import UnreadableSpectrum as Unreadable  # noqa: PLC0415 - rarely needed

    for item in json_spectra.read(source):
        if isinstance(item, Unreadable):
            unreadable(item)
        else:
            yield item


def plain_name(original: str) -> str:
    """Return a caller's name for a file as one that is safe to use and to show."""
    return _UNSAFE.sub("_", original.rpartition("/")[2]).lstrip(".")[-128:] or "spectrum"

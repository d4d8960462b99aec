"""The spectra of several calls on their way through one model: read, prepared and predicted together."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.serve.formats.arguments import Json, Upload

if TYPE_CHECKING:
    from deepaas_plugins.pipeline.predictor import Predictor
    from deepaas_plugins.serve.worker.isolation import IsolatedReader
    from spectra import Batch, Rejection, Spectrum, SpectrumMeta, UnreadableSpectrum
    from spectra.reading.limits import Limits
    from spectra.reading.quicklook import QuickLook

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")


_TOO_MANY = (
    "The request has more than {:,} spectra (the server's --max-spectra): send several requests, or "
    "predict a dataset."
)


class TooManySpectra(InvalidInput):
    """A request has more spectra than one may have; the worker would do nothing else for long."""


class Rejections(list[Json]):
    """What of a request cannot be used: an archive may hold any number of members that are no spectra.

    Parameters
    ----------
    most
        The most that a request may have.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def append(self, rejection: Json) -> None:
        """Keep one.

        Raises
        ------
        TooManySpectra
            If the request has more than it may have.
        """
        if len(self) >= self._most:
            raise TooManySpectra(_TOO_MANY.format(self._most))
        super().append(rejection)


@dataclass
class PredictCall:
    """One request on its way through a batch."""

    sources: list[Upload | Any]
    parameters: Json
    spectra_too: bool
    accept: str | None
    folder: Path
    most: int = sys.maxsize  # spectra
    taken: int = 0
    results: list[Json] = field(default_factory=list)
    rejected: list[Json] = field(init=False)
    flux: list[list[float]] = field(default_factory=list)
    wavelength: list[float] | None = None

    def __post_init__(self) -> None:
        self.rejected = Rejections(self.most)

    def clear(self) -> None:
        """Forget what a batch that failed has left."""
        self.results, self.rejected, self.flux, self.wavelength = [], Rejections(self.most), [], None
        self.taken = 0

    def take(self, spectra: int = 1) -> None:
        """Count spectra before they are predicted.

        Raises
        ------
        TooManySpectra
            If the request has more than it may have.
        """
        self.taken += spectra
        if self.taken + len(self.rejected) > self.most:
            raise TooManySpectra(_TOO_MANY.format(self.most))


class MethodBatch:
    """Several calls with the same parameters.

    Parameters
    ----------
    predictor
        The model.
    quick
        Reads only what the model's recipe needs, or None where it needs all.
    calls
        Their results are filled by `run`.
    limits
        Of each of their files.
    reader
        Lets a spooled file be read; None where this process is not isolated.
    """

    def __init__(
        self,
        predictor: Predictor,
        quick: QuickLook | None,
        calls: Sequence[PredictCall],
        limits: Limits,
        reader: IsolatedReader | None = None,
    ) -> None:
        self._reader = reader
        self._predictor, self._quick, self._calls, self._limits = predictor, quick, calls, limits
        self._owners: list[tuple[PredictCall, SpectrumMeta]] = []

    def run(self) -> None:
        """Fill the calls' results."""
        sources = [(call, each) for call in self._calls for each in call.sources]
        small = [(call, each) for call, each in sources if not self._goes_alone(each)]
        if any(step.name == "resample" for step in self._predictor.model.recipe.steps):
            self._prepared(small)
        else:
            # Without one grid for all, the first spectrum's grid is the measure: strangers must not meet.
            for one in small:
                self._prepared([one])
        for call in self._calls:
            self._files(call, [one for one in enumerate(call.sources) if self._goes_alone(one[1])])

    def _files(self, call: PredictCall, sources: Sequence[tuple[int, Upload]]) -> None:
        """Read the sources of a call that are files; an isolated process sees its folder only."""

        def read() -> None:
            for number, each in sources:
                self._alone(call, _named(each, call.folder, number))

        if not sources:
            return
        if self._reader is None:
            read()
        else:
            self._reader.call(read, call.folder)

    @staticmethod
    def _goes_alone(source: Any) -> bool:
        """Whether a source is a spooled file or a feature set, which are read in portions."""
        return isinstance(source, Upload) and (source.content is None or bytes(source.content[:4]) == b"PAR1")

    def _prepared(self, sources: Sequence[tuple[PredictCall, Any]]) -> None:
        self._owners.clear()
        spectra = self._spectra(sources)
        recipe, most = self._predictor.model.recipe, self._limits.together
        for batch in recipe.prepare(spectra, rejected=self._unfit, points=most):
            owners = [self._owners[int(source.path)] for source in batch.sources]
            true = replace(batch, sources=[meta.source for _, meta in owners])
            self._predict(true, [call for call, _ in owners])

    def _predict(self, batch: Batch, calls: Sequence[PredictCall]) -> None:
        predictions = self._predictor.predict(batch, self._calls[0].parameters)
        for call, prediction in zip(calls, predictions, strict=True):
            call.results.append(prediction)
        for row, call in enumerate(calls):
            if call.spectra_too:
                call.flux.append(batch.flux[row].tolist())
                call.wavelength = None if batch.wavelength is None else batch.wavelength.tolist()

    def _alone(self, call: PredictCall, path: Path) -> None:
        for batch in self._predictor.batches(path, call.rejected, self._limits):
            call.take(len(batch))
            self._predict(batch, [call] * len(batch))

    def _spectra(self, sources: Sequence[tuple[PredictCall, Any]]) -> Iterator[Spectrum]:
        """Read the sources; every spectrum's source becomes its number, by which its row is known again."""
        from spectra import Source  # noqa: PLC0415 - as all of `spectra`: with the model

        for call, source in sources:
            for spectrum in _read(call, source, self._quick, self._limits):
                call.take()
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


def _read(call: PredictCall, source: Any, quick: QuickLook | None, limits: Limits) -> Iterator[Spectrum]:
    from spectra import iter_spectra  # noqa: PLC0415 - as all of `spectra`: with the model

    def unreadable(error: UnreadableSpectrum) -> None:
        call.rejected.append({"name": Path(error.source).name, "reason": error.reason})

    if isinstance(source, Upload):
        content = bytes(source.content or b"")
        name = plain_name(source.filename)
        yield from iter_spectra(content, name=name, rejected=unreadable, quick=quick, limits=limits)
        return
    from deepaas_plugins.serve.formats import json_spectra  # noqa: PLC0415 - rarely needed
    from spectra import UnreadableSpectrum as Unreadable  # noqa: PLC0415 - rarely needed

    for item in json_spectra.read(source, limits):
        if isinstance(item, Unreadable):
            unreadable(item)
        else:
            yield item


def plain_name(original: str) -> str:
    """Return a caller's name for a file as one that is safe to use and to show."""
    return _UNSAFE.sub("_", original.rpartition("/")[2]).lstrip(".")[-128:] or "spectrum"

"""Read the spectra of one file: recognise, read, and give every failure the file's name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from spectra.fault import Fault
from spectra.reading.content import Content
from spectra.reading.deadline import Deadline, TooSlow
from spectra.reading.formats import Format, named, recognise
from spectra.reading.limits import Limits
from spectra.reading.provenance import of_format
from spectra.reading.read_error import ReadError
from spectra.spectrum import Spectrum, UnreadableSpectrum

if TYPE_CHECKING:
    from spectra.reading.quicklook import QuickLook

_MOST_WAITING = 100_000
Rejected = Callable[[UnreadableSpectrum], None]


Result = TypeVar("Result")


def timely(limits: Limits, function: Callable[[], Result]) -> Result:
    """Call a function within the seconds of limits.

    Raises
    ------
    ReadError
        When it takes longer.
    """
    return _within(Deadline(limits.seconds), function)


def _within(deadline: Deadline, function: Callable[[], Result]) -> Result:
    try:
        with deadline:
            return function()
    except TooSlow:
        reason = f"reading it takes longer than {deadline.seconds:g} s"
        raise ReadError(reason, Fault.TOO_LARGE) from None


def spectra_of(
    content: Content, form: str | None = None, quick: QuickLook | None = None
) -> Iterator[Spectrum | UnreadableSpectrum]:
    """Walk through the spectra of one file; what cannot be read comes as an `UnreadableSpectrum`.

    Parameters
    ----------
    content
        The file.
    form
        Name of a format of `FORMATS`; None recognises it.
    quick
        Where given, and the format is not: spectra may be cut to what it was told is needed.
    """
    items = _items(content, form, quick)
    if content.limits.seconds == math.inf:
        yield from items
        return
    deadline = Deadline(content.limits.seconds)
    try:
        while (item := _within(deadline, lambda: next(items, None))) is not None:
            yield item
    except ReadError as error:
        yield UnreadableSpectrum(content.name, str(error), error.kind)


def _items(
    content: Content, form: str | None, quick: QuickLook | None
) -> Iterator[Spectrum | UnreadableSpectrum]:
    try:
        if quick is not None and form is None and (spectrum := quick.spectrum(content)) is not None:
            yield spectrum
            return
        reader = recognise(content) if form is None else named(form)
        yield from _parts(content, reader)
    except ReadError as error:
        yield UnreadableSpectrum(content.name, str(error), error.kind)
    except Exception as error:  # noqa: BLE001 - hostile bytes make libraries raise anything; a batch must go on
        reason = f"it cannot be read ({type(error).__name__}: {error})"
        yield UnreadableSpectrum(content.name, " ".join(reason.split())[:300])


def _parts(content: Content, reader: Format) -> Iterator[Spectrum | UnreadableSpectrum]:
    """Walk through the spectra of a file and its parts that cannot be read.

    Until the first spectrum is met, the errors of parts wait: a file without any spectrum is rejected once,
    and one whose first 100,000 parts cannot be read is not read any further.
    """
    waiting: list[ReadError] = []
    found = False
    for item in reader.read(content):
        if isinstance(item, ReadError):
            waiting.append(item)
            if not found and len(waiting) >= _MOST_WAITING:
                break
        if found or not isinstance(item, ReadError):
            for error in waiting:
                place = error.place or "a part of it"
                yield UnreadableSpectrum(content.name, str(error), error.kind, place)
            waiting.clear()
            found = True
        if not isinstance(item, ReadError):
            yield _of_format(item, reader.name)
    if found:
        return
    if not waiting:
        yield UnreadableSpectrum(content.name, "it holds no spectra", Fault.EMPTY)
        return
    first = waiting[0]
    which = "first " if len(waiting) >= _MOST_WAITING else ""
    many = f"none of its {which}{len(waiting):,} spectra can be read; {first}"
    reason = many if len(waiting) > 1 else str(first)
    yield UnreadableSpectrum(content.name, reason, first.kind)


def _of_format(spectrum: Spectrum, name: str) -> Spectrum:
    """Add the name of the format to the provenance of a spectrum."""
    meta = spectrum.meta
    return replace(spectrum, meta=replace(meta, provenance=of_format(meta.provenance, name)))


def accept(
    items: Iterator[Spectrum | UnreadableSpectrum], rejected: Rejected | None = None
) -> Iterator[Spectrum]:
    """Let spectra through; report each unreadable one, or raise the first where no callback is given.

    Raises
    ------
    UnreadableSpectrum
        Without `rejected`.
    """
    for item in items:
        if isinstance(item, Spectrum):
            yield item
        elif rejected is None:
            raise item
        else:
            rejected(item)

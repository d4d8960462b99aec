"""Read one spectrum again from where it came."""

from __future__ import annotations

from pathlib import Path

from spectra.fault import Fault
from spectra.reading.archive import SEPARATOR, Archive
from spectra.reading.content import Content
from spectra.reading.entry import spectra_of
from spectra.reading.read_error import ReadError
from spectra.spectrum import Source, Spectrum, UnreadableSpectrum


def original(source: Source) -> Spectrum:
    """Read a spectrum again from where it came.

    Parameters
    ----------
    source
        Of an earlier reading; where it carries a hash, the file must still have it.

    Raises
    ------
    UnreadableSpectrum
        When the file is gone, has changed, or does not hold the spectrum.
    """
    path, inside, member = source.path.partition(SEPARATOR)
    if not Path(path).is_file():
        raise UnreadableSpectrum(source.path, "the file is no longer there", Fault.MISSING)
    hashing = source.sha256 is not None
    try:
        content = _member(path, member, hashing=hashing) if inside else Content.of_path(path, hashing=hashing)
    except ReadError as error:
        raise UnreadableSpectrum(source.path, str(error), error.kind) from error
    except OSError as error:
        raise UnreadableSpectrum(source.path, str(error), Fault.NOT_OPENED) from error
    if hashing and content.sha256 != source.sha256:
        raise UnreadableSpectrum(source.path, "the file has changed since it was read", Fault.CHANGED)
    rejected = None
    for item in spectra_of(content):
        if isinstance(item, UnreadableSpectrum):
            rejected = rejected or item
        elif (item.meta.source.hdu, item.meta.source.row) == (source.hdu, source.row):
            return item
    raise rejected or UnreadableSpectrum(
        source.path, f"it holds no spectrum with hdu={source.hdu}, row={source.row}", Fault.MISSING
    )


def _member(path: str, name: str, *, hashing: bool) -> Content:
    with Archive(Content.of_path(path)) as archive:
        return Content(f"{path}{SEPARATOR}{name}", archive.read(name), hashing=hashing)

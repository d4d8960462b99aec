"""A format: its name, how it is recognised, and its reader, which loads when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from spectra.reading.content import Content
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.read_error import ReadError
from spectra.spectrum import Spectrum

Reader = Callable[[Content], Iterator[Spectrum | ReadError]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read.

    Parameters
    ----------
    name
        For the argument `format`.
    title
        For people.
    recognised
        How a file of it is recognised, and which frame is taken where the file states none.
    reader
        ``module:function`` below ``spectra.reading``.
    check
        The same of the function that recognises a FITS file by its HDUs; "" where the bytes tell.
    """

    name: str
    title: str
    recognised: str
    reader: str
    check: str = ""

    def read(self, content: Content) -> Iterator[Spectrum | ReadError]:
        """Read every spectrum; a rejected one is yielded as a `ReadError`, a rejected file raises one."""
        reader: Reader = _loaded(self.reader)
        return reader(content)

    def fits(self, file: FitsFile) -> bool:
        """Whether the HDUs of a FITS file are those of this format."""
        return bool(self.check) and bool(_loaded(self.check)(file))


def _loaded(place: str) -> Any:
    module, _, function = place.partition(":")
    return getattr(import_module(f"spectra.reading.{module}"), function)

"""Files that keep each column in an image HDU of its own: linetools (FLUX, ERROR, WAVELENGTH) and alike."""

from __future__ import annotations

from collections.abc import Iterator

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, ivar_of_error
from spectra.reading.content import Content
from spectra.reading.fits.describe import header_meta, stated_frame
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.read_error import ReadError
from spectra.spectrum import Spectrum

_FLUX = ("FLUX", "SCI", "SPECTRUM")
_ERROR = ("ERROR", "ERR", "SIG")


def _find(file: FitsFile, names: tuple[str, ...]) -> Hdu | None:
    for name in names:
        hdu = file.named(name)
        if hdu is not None and hdu.is_image and len(hdu.shape) == 1:
            return hdu
    return None


def is_columns(file: FitsFile) -> bool:
    """Whether a file has one-dimensional HDUs WAVELENGTH and FLUX."""
    return _find(file, ("WAVELENGTH", "WAVE")) is not None and _find(file, _FLUX) is not None


def read_columns(content: Content) -> Iterator[Spectrum]:
    """Read the spectrum.

    Raises
    ------
    ReadError
        When an HDU is missing or lengths differ.
    """
    file = content.fits
    wavelength, flux, error = _find(file, ("WAVELENGTH", "WAVE")), _find(file, _FLUX), _find(file, _ERROR)
    if wavelength is None or flux is None:
        raise ReadError("it has no one-dimensional HDUs WAVELENGTH and FLUX", Fault.NO_SPECTRUM)
    frame = stated_frame(flux.header) or stated_frame(file.primary.header)
    axis = Axis(wavelength.image(), frame=frame or VACUUM)
    ivar = ivar_of_error(error.image()) if error is not None and error.shape == flux.shape else None
    source = content.source(flux.index or None)
    headers = (flux.header, file.primary.header)
    meta = header_meta(
        headers, source, content.stem, unit="Angstrom", frame=axis.frame, stated=frame is not None
    )
    yield assemble(axis, flux.image(), meta, ivar=ivar)

"""Reading spectra: every format into one form, `Spectrum`.

`walk` is the way in (`read`, `iter_spectra`, `original`): files, folders, archives. `formats` lists what can
be read and recognises it; one file beside it per family. `fits` and `header` read FITS from the raw bytes,
`assemble` makes a spectrum of columns. Importing this loads no astropy, specutils or pyarrow.

>>> from spectra import read
>>> spectrum = read("spec-55859-F5902_sp03-232.fits.gz")[0]  # doctest: +SKIP
"""

from spectra.reading.formats import FORMATS, Format
from spectra.reading.walk import iter_spectra, original, read

__all__ = ["FORMATS", "Format", "iter_spectra", "original", "read"]

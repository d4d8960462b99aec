"""Reading spectra: every format into one form, `Spectrum`.

Start reading at `walk`, the way in (`read`, `iter_spectra`; `original` reads one again): files, folders
(`folder`), archives (`archive`, `manifest`), however packed (`packed`). `formats` lists the formats that can
be read and recognises them; the readers are in `fits` (images, tables, multispec), `surveys` (one module
each) and `tables` (text, VOTable, Parquet, arrays, and what specutils reads). `fits_file` reads FITS from the
raw bytes, `column_names`, `planes` and `units` say what a column or image is, `assemble` and `grid` make a
spectrum of columns, `limits` bounds what is read, and `quicklook` reads only the pixels that a recipe needs.
Importing this loads no astropy, specutils or pyarrow.

>>> from spectra import read
>>> spectrum = read("spec-55859-F5902_sp03-232.fits.gz")[0]  # doctest: +SKIP
"""

from spectra.reading.formats import FORMATS, Format
from spectra.reading.original import original
from spectra.reading.walk import iter_spectra, read

__all__ = ["FORMATS", "Format", "iter_spectra", "original", "read"]

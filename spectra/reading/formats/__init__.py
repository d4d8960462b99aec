"""The formats that can be read: the list (`known`), and telling a file's format (`recognise`).

A format is one entry of the list: names of the functions that recognise and read it. Readers load when they
are first needed: nothing here imports astropy, specutils or pyarrow.
"""

from spectra.reading.formats.format import Format
from spectra.reading.formats.known import FORMATS, named
from spectra.reading.formats.recognise import fits_format, recognise

__all__ = ["FORMATS", "Format", "fits_format", "named", "recognise"]

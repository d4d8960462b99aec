"""The FITS format itself, without any idea of spectra: header blocks (`header`), HDUs (`structure`)."""

"""Formats of surveys: LAMOST, SDSS, DESI."""

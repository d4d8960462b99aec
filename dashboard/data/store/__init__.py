"""All SQL about datasets, files and spectra."""

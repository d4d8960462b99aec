"""The measurement of lines on real spectra."""

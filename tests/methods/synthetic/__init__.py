"""Synthetic spectra: the physics, the files, and the model."""

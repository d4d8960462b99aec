"""Fourier disentangling against a loop over frequencies: start reading at `__main__.py`."""

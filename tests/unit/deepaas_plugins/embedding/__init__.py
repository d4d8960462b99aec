"""Embedding: planes, placement, similar spectra, quality."""

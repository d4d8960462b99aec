"""Mutated files of all formats: whatever a reader is given, it answers with spectra or with a rejection."""

"""Runs side by side, and the spectra that two of them predict differently."""

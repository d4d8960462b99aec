"""Accuracy of radial velocities and redshifts on real spectra: `python -m benchmarks.velocity FOLDER`."""

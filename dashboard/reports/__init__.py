"""Reports of jobs as plain JSON, and the spectra behind their marks."""

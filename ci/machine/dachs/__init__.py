"""The archive of the tests (GAVO DaCHS): its service, its spectra, and how it is set up."""

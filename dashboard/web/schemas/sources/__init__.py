"""Requests and answers about sources of spectra (`source`) and acquisitions from them (`acquisition`)."""

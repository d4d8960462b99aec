"""Acquisition of many small files, beside `wget`."""

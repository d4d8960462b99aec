"""Formats of surveys, instruments and their pipelines: one module each, recognised by headers and columns."""

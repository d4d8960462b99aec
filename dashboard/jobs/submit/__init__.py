"""Checks of requests: training (`check.py`), prediction (`prediction.py`); the same for form, API and CLI."""

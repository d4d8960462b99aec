"""Modules: what the catalog says of them, and what their images say of their parameters.

`registry.py` is the service, `describe.py` asks an image, `validation.py` checks values against what it
answered.
"""

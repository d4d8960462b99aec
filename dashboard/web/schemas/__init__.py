"""Requests and answers: marshmallow schemas, one file for each family of pages.

A schema of a body or a query validates, fills in defaults, reports errors by field, and is what the OpenAPI
document shows; a schema of an answer is for the document alone. Nothing here knows HTTP. Start at `schema.py`
(what all have in common) and `fields.py` (the types of fields).
"""

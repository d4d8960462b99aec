"""Parameters as DEEPaaS wants them: fields for a query string, and the fields that every module shares."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from marshmallow import Schema, fields
from marshmallow.warnings import ChangedInMarshmallow4Warning

Fields = dict[str, fields.Field]


def of_schema(schema: type[Schema]) -> Fields:
    """Return a method's parameters as fields that also take the text of a query string."""
    return {name: _wire(field) for name, field in schema().fields.items()}


def _wire(field: fields.Field) -> fields.Field:
    field = copy.copy(field)
    # Bound to a schema the field would not be bound again by DEEPaaS.
    field.parent = field.name = field.root = None
    if isinstance(field, fields.Integer):
        # A strict integer rejects "3", and in a query string everything is text.
        field.strict = False
    return field


def _text(title: str, description: str, **options: Any) -> fields.String:
    return fields.String(metadata={"title": title, "description": description, "group": "basic"}, **options)


def _file(title: str, description: str) -> fields.Field:
    metadata = {"title": title, "type": "file", "location": "form", "description": description}
    with warnings.catch_warnings():
        # deepaas-cli knows a file by its field being exactly a `Field`.
        warnings.simplefilter("ignore", ChangedInMarshmallow4Warning)
        return fields.Field(required=True, metadata=metadata)


def prediction_fields() -> Fields:
    """Return what every module's ``predict`` takes beside the method's parameters."""
    return {
        "data": _file("Spectra", "A spectrum in any readable format, or an archive of spectra."),
        "include_spectra": fields.Boolean(
            load_default=False,
            metadata={
                "title": "Include spectra",
                "description": "Answer with the prepared spectra too.",
                "group": "advanced",
            },
        ),
    }


def training_fields() -> Fields:
    """Return what every module's ``train`` takes beside the method's parameters."""
    return {
        "input": _text(
            "Input", "Path in the container: folder or archive of spectra, or a feature set.", required=True
        ),
        "labels": _text(
            "Labels",
            "Path in the container of a manifest: CSV with path, label, group.",
            load_default=None,
            allow_none=True,
        ),
        "output": _text(
            "Output",
            "Folder in the container for model and report; a new one if it is not given.",
            load_default=None,
            allow_none=True,
        ),
        "recipe": _text(
            "Recipe",
            "Recipe as JSON text; the method's own if it is not given.",
            load_default=None,
            allow_none=True,
        ),
    }

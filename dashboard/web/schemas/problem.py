"""The problem document of an error (RFC 9457)."""

from __future__ import annotations

from dashboard.web.schemas.fields import Listed, Number, Part, Text, Whole
from dashboard.web.schemas.schema import AnswerSchema


class FieldErrorSchema(AnswerSchema):
    """The error of one field."""

    field = Text("Path of the field, such as parameters.epochs", required=True)
    message = Text(required=True)
    nearest = Text("The known name that is nearest to an unknown one")


class ProblemSchema(AnswerSchema):
    """An error, after RFC 9457."""

    type = Text("URI of the kind of problem", required=True)
    title = Text(required=True)
    status = Whole(required=True)
    detail = Text(required=True)
    instance = Text("Path of the request")
    errors = Listed(Part(FieldErrorSchema), "What is wrong, by field")
    id = Text("Stands in the platform's log")
    quota = Text("Of a request over a quota: its name, such as cpu_hours")
    subject = Text("Whose quota: role, person or project")
    name = Text("Name of that role, person or project")
    limit = Number("The most")
    used = Number("What is used or reserved")
    reserved = Number("The part of it that running and waiting jobs may still use")
    needed = Number("What the request needs")
    left = Number("What is left")

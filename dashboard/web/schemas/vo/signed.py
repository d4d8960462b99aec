"""Addresses that are signed."""

from __future__ import annotations

from dashboard.web.schemas.fields import Text, Whole
from dashboard.web.schemas.schema import AnswerSchema, BodySchema


class SignCreateSchema(BodySchema):
    """The address to sign."""

    path = Text("Path and query below the platform, such as /vo/ssa?COLLECTION=…", required=True)


class SignedSchema(AnswerSchema):
    """A signed address."""

    url = Text("The whole address", required=True)
    expires = Whole("Until when it is valid, in seconds since 1970", required=True)

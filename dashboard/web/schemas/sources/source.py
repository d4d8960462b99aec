"""Sources. The values of a source are validated by the parameters of its kind."""

from __future__ import annotations

from dashboard.data.acquisition.acquisition import Schedule
from dashboard.data.sources.kinds.registry import KINDS
from dashboard.web.schemas.fields import AnyObject, Choice, Flag, Text, Time, optional
from dashboard.web.schemas.schema import BodySchema, OwnedSchema, PageQuery, QuerySchema, listing, single


class SourceQuery(PageQuery):
    """Which sources to list."""

    q = Text("Words in the name, or an id", load_default="")


class SourceKindQuery(QuerySchema):
    """Of which kind the new source is."""

    kind = Choice(KINDS, "Its kind; empty: the kinds are listed", load_default="")


class _SourceBody(BodySchema):
    """What may be said of a source at any time."""

    values = optional(AnyObject, "Parameters of its kind: GET /sources/new lists them")
    user = optional(Text, "User name or access key; encrypted, and never shown again")
    password = optional(Text, "Password or secret; encrypted, and never shown again")
    schedule = optional(Choice, tuple(Schedule), "nightly: what is new is fetched every night")


class SourceCreateSchema(_SourceBody):
    """A new source."""

    name = Text(required=True)
    kind = Choice(KINDS, "Its kind", required=True)
    project = optional(Text, "A project of yours that sees it, and its datasets")


class SourceChangeSchema(_SourceBody):
    """Changes of a source; what is left out stays. An empty user without a password removes both."""

    name = Text()


class SourceSchema(OwnedSchema):
    """A source of spectra."""

    id = Text(required=True)
    name = Text(required=True)
    created = Time()
    kind = Choice(KINDS, required=True)
    values = AnyObject("Parameters of its kind")
    uploaded = Flag("Whether a list was uploaded")
    schedule = Choice(tuple(Schedule))
    next_run = optional(Time)
    has_credentials = Flag("Whether it has a user name and a password, which nobody is shown")


SourceListSchema = listing("sources", SourceSchema)
SourceAnswerSchema = single("source", SourceSchema)

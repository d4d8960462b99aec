"""Sign-in, live events, guides, and the search over all objects."""

from __future__ import annotations

from marshmallow import validate

from dashboard.web.schemas.fields import Flag, Listed, Part, Text, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, QuerySchema, listing


class LinkQuery(QuerySchema):
    """The one-time link."""

    token = Text("From the link", load_default="")


class LinkSchema(AnswerSchema):
    """A new one-time link."""

    path = Text("Path and query of the link, below the platform's address", required=True)
    seconds = Whole("How long it is valid", required=True)
    url = Text("The whole link, where the platform has a public address")


class SessionSchema(AnswerSchema):
    """A session of a browser, or a token of the API."""

    id = Text(required=True)
    kind = Text("session: a browser; api: connection.json of this start", required=True)
    created = Text(required=True)
    expires = Text(required=True)
    last_used = optional(Text, "To the minute")
    how = Text("How its user signed in", required=True)
    address = Text("Network address from which", required=True)
    agent = Text("The browser or program", required=True)
    current = Flag("Whether this request came with it", required=True)


SessionListSchema = listing("sessions", SessionSchema)


class LiveQuery(QuerySchema):
    """The topics to follow, and the last received event."""

    topics = Text(
        "Separated by commas: jobs, job:ID, nodes, datasets, dataset:ID, modules, models, deployments",
        load_default="",
    )
    after = Text(
        "Id of the last event seen, where Last-Event-ID cannot be sent: a page's first connection",
        load_default=None,
    )


class GuideQuery(QuerySchema):
    """What to look for in the guides."""

    q = Text("Words that a section must all hold", load_default="", validate=validate.Length(max=200))


class GuideBriefSchema(AnswerSchema):
    """A guide in the list."""

    name = Text("Its address is /docs/ and this", required=True)
    title = Text(required=True)
    summary = Text(required=True)


class GuideSchema(GuideBriefSchema):
    """A guide."""

    text = Text("Markdown", required=True)
    html = Text("The same as HTML", required=True)


class ShelfSchema(AnswerSchema):
    """Guides for the same purpose."""

    title = Text(required=True)
    guides = Listed(Part(GuideBriefSchema), required=True)


class FoundSectionSchema(AnswerSchema):
    """A section of a guide that holds all words."""

    guide = Text("Title of the guide", required=True)
    title = Text(required=True)
    address = Text(required=True)
    excerpt = Text(required=True)


class GuideListSchema(AnswerSchema):
    """All guides, and what a search found in them."""

    shelves = Listed(Part(ShelfSchema), required=True)
    sections = Listed(Part(FoundSectionSchema), required=True)
    q = Text(required=True)


class FindQuery(QuerySchema):
    """What to look for among all objects."""

    q = Text("Part of a name, or an id", load_default="", validate=validate.Length(max=200))


class FoundSchema(AnswerSchema):
    """An object, or a section of a guide, that fits."""

    kind = Text("Such as job, dataset or guide", required=True)
    title = Text(required=True)
    address = Text(required=True)
    note = Text("What tells it from others of its name", required=True)


class FoundListSchema(AnswerSchema):
    """What fits, by kind, of each kind the newest."""

    found = Listed(Part(FoundSchema), required=True)
    q = Text(required=True)

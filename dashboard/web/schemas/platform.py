"""Sign-in and live events."""

from __future__ import annotations

from dashboard.web.schemas.fields import Flag, Text, Whole, optional
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

"""Sign-in and live events."""

from __future__ import annotations

from dashboard.web.schemas.fields import Text, Whole
from dashboard.web.schemas.schema import AnswerSchema, QuerySchema


class LinkQuery(QuerySchema):
    """The one-time link."""

    token = Text("From the link", load_default="")


class LinkSchema(AnswerSchema):
    """A new one-time link."""

    path = Text("Path and query of the link, below the platform's address", required=True)
    seconds = Whole("How long it is valid", required=True)


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

"""Sign-in and live events."""

from __future__ import annotations

from dashboard.web.schemas.fields import Text
from dashboard.web.schemas.schema import QuerySchema


class LinkQuery(QuerySchema):
    """The one-time link."""

    token = Text("From the link", load_default="")


class LiveQuery(QuerySchema):
    """Which events to follow, and from where on."""

    topics = Text(
        "Separated by commas: jobs, job:ID, nodes, datasets, dataset:ID, modules, models, deployments",
        load_default="",
    )
    after = Text(
        "Id of the last event seen, where Last-Event-ID cannot be sent: a page's first connection",
        load_default=None,
    )

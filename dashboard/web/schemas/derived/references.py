"""What of a reference dataset is cached."""

from __future__ import annotations

from dashboard.data.dataset import Holding
from dashboard.web.schemas.fields import Choice, Text, Time, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, single


class CacheSchema(AnswerSchema):
    """What of a reference dataset is here."""

    holding = Choice(Holding, "references; pinning: files are being copied; pinned", required=True)
    files = Whole("All, as the list has them", required=True)
    cached = Whole("Files in the cache", required=True)
    cached_bytes = Whole()
    pinned = Whole("Files that are copies")
    failed = Whole("Files that could not be fetched when it was last tried")
    fetched = optional(Time, "When one was last fetched")
    reason = Text("Why copying stopped; empty: it did not")
    limit_bytes = Whole("Of the whole cache")
    used_bytes = Whole("Of the whole cache")


CacheAnswerSchema = single("cache", CacheSchema)

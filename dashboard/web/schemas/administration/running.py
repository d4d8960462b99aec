"""Schema of the query of what runs."""

from __future__ import annotations

from dashboard.web.schemas.fields import Choice, Text
from dashboard.web.schemas.schema import PageQuery


class RunningQuery(PageQuery):
    """Which jobs of everybody are listed to managers."""

    state = Choice(
        ("live", "ended", "all"), "Jobs that run or wait, those that have ended, or all", load_default="live"
    )
    owner = Text("Only of this person", load_default="")
    module = Text("Only of this module", load_default="")

"""An error."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import FIELD_ERROR, INTEGER, TEXT, listed, thing

PROBLEM: dict[str, Any] = {
    "Problem": thing(
        "An error, after RFC 9457",
        {
            "type": TEXT,
            "title": TEXT,
            "status": INTEGER,
            "detail": TEXT,
            "errors": listed(FIELD_ERROR),
            "id": TEXT,
        },
        ("title", "status", "detail"),
    ),
}

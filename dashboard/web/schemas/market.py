"""Modules."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import TEXT, listed, thing

MARKET: dict[str, Any] = {
    "ModuleSummary": thing(
        "A module in the market",
        {
            "name": TEXT,
            "version": TEXT,
            "title": TEXT,
            "summary": TEXT,
            "license": TEXT,
            "deployed": listed(TEXT),
        },
        ("name", "version", "title"),
    ),
}

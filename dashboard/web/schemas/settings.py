"""What a person sets."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import INTEGER, TEXT, thing

SETTINGS: dict[str, Any] = {
    "NotificationWish": thing(
        "Where one is told, of what, and after how many minutes of waiting",
        {
            "email": TEXT,
            "webhook": TEXT,
            "about": {"enum": ["asked", "failed", "all"]},
            "waits_minutes": INTEGER,
            "secret": {"enum": ["new"]},
        },
    ),
}

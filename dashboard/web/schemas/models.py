"""Models."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import ANY_OBJECT, INTEGER, TEXT, TIME, listed, maybe, thing

MODEL = {
    "id": TEXT,
    "name": TEXT,
    "module": TEXT,
    "module_version": TEXT,
    "job": maybe(TEXT),
    "dataset": maybe(TEXT),
    "image": TEXT,
    "card": ANY_OBJECT,
    "classes": maybe(listed(TEXT)),
    "metrics": maybe(ANY_OBJECT),
    "input": ANY_OBJECT,
    "sha256": TEXT,
    "size": INTEGER,
    "created": TIME,
}

MODELS: dict[str, Any] = {
    "Model": thing("A model", MODEL, ("id", "name", "module")),
}

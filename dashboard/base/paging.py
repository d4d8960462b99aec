"""Where in a sorted list one stands: the values by which its last row was sorted, for the next page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from dashboard.base.errors import FieldError, Invalid


def encode(values: Sequence[str]) -> str:
    """Return a text that can stand in an address."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def decode(text: str, parts: int, field: str) -> tuple[str, ...]:
    """Return the values again; `Invalid` when it is none of ours, or of another order."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != parts
        or not all(isinstance(value, str) and "\0" not in value for value in values)
    ):
        message = "is no place in this list; take it from the answer's next or previous"
        raise Invalid(f"{field} {message}.", [FieldError(field, message)])
    return tuple(values)

"""Pages of sorted lists, and cursors: the sort values of a page's last row, encoded for an address."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.base.errors import FieldError, Invalid

T = TypeVar("T")


def encode(values: Sequence[str | float]) -> str:
    """Return a text that can stand in an address; numbers are told exactly, and decoded as texts."""
    texts = [value if isinstance(value, str) else repr(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def decode(text: str, parts: int, field: str) -> tuple[str, ...]:
    """Return the values of a cursor that `encode` made.

    Parameters
    ----------
    text : str
        The cursor, from a request.
    parts : int
        The number of values that cursors of this list have.
    field : str
        The field of the request, for the error.

    Returns
    -------
    tuple of str
        The values, `parts` of them.

    Raises
    ------
    Invalid
        If the text is no cursor, or one of a list in another order.
    """
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


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `total` counts all that match, or at least so many where it is not `exact`.

    `following` and `preceding` are places for the next page and the one before; empty: there is none, or the
    list goes by page numbers alone.
    """

    items: list[T]
    total: int
    page: int
    size: int
    exact: bool = True
    following: str = ""
    preceding: str = ""

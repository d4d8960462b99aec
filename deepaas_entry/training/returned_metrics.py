"""Metrics in what ``train`` returned: numbers by name, and lists of numbers as curves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

DEEPEST = 4
MOST = 500
LONGEST_CURVE = 10_000


def metrics_of(result: Any) -> Iterator[tuple[str, float, int | None]]:
    """Yield name, value and step of each number in a result.

    Parameters
    ----------
    result : object
        Mappings are gone through, also such as Keras' ``History.history``; what is no number is passed over.
    """
    found = getattr(result, "history", result)
    for count, point in enumerate(_points(found, "", 0)):
        if count >= MOST * 20:
            return
        yield point


def plain(value: Any, depth: int = 0) -> Any:
    """Return a result as JSON can hold it; what it cannot is its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    number = _number(value)
    if number is not None:
        return number if math.isfinite(number) else None
    if depth > 8:
        return str(value)[:1000]
    if isinstance(value, dict):
        return {str(key): plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, depth + 1) for each in value]
    return str(value)[:10_000]


def _points(value: Any, name: str, depth: int) -> Iterator[tuple[str, float, int | None]]:
    number = _number(value)
    if number is not None:
        if name:
            yield name, number, None
    elif isinstance(value, dict) and depth < DEEPEST:
        for key, each in value.items():
            yield from _points(each, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, (list, tuple)) and name and 1 < len(value) <= LONGEST_CURVE:
        numbers = [_number(each) for each in value]
        if all(each is not None for each in numbers):
            for step, each in enumerate(numbers, 1):
                yield name, float(each or 0.0), step


def _number(value: Any) -> float | None:
    """Return a number of Python, NumPy or a tensor of one element."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, bytes)):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if getattr(value, "size", None) == 1 or getattr(value, "shape", None) == ():
        try:
            return float(value)
        except (TypeError, ValueError):
            return None
    return None

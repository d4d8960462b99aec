"""Arrays as lists for JSON, with few digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.data.curve import FLUX_DIGITS, numbers


def plain_json(value: Any) -> Any:
    """Return a value whose arrays, at any depth of dicts, are lists of numbers with few digits."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return value.tolist()
        flat = numbers(value.reshape(-1), FLUX_DIGITS)
        return _shaped(flat, value.shape)
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    return value


def _shaped(flat: list[Any], shape: tuple[int, ...]) -> Any:
    if len(shape) == 1:
        return flat
    if not shape:
        return flat[0]
    width = len(flat) // shape[0] if shape[0] else 0
    return [_shaped(flat[start * width : (start + 1) * width], shape[1:]) for start in range(shape[0])]

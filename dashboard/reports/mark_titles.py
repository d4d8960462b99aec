"""Titles of marks: the cell of a map, a pair of classes, a bar of a histogram."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = Mapping[str, Any]


def mark_title(view: Mapping[str, Any], mark: int) -> str:
    """Return the title of a mark; ``mark N`` for other views and for data of another form."""
    make = _TITLES.get(str(view.get("kind")))
    try:
        return make(view["data"], mark) if make else f"mark {mark}"
    except (TypeError, KeyError, IndexError, ValueError, ZeroDivisionError):
        return f"mark {mark}"


def _cell_title(data: Data, mark: int) -> str:
    row, column = divmod(mark, int(data["columns"]))
    return f"cell in row {row + 1}, column {column + 1}"


def _confusion_title(data: Data, mark: int) -> str:
    classes = data["classes"]
    true, predicted = divmod(mark, len(classes))
    return f"{classes[true]} predicted as {classes[predicted]}"


def _bar_title(data: Data, mark: int) -> str:
    if isinstance(data.get("names"), list):
        return f"{data['x_title']} {data['names'][mark]}"
    return f"{data['x_title']} from {data['edges'][mark]:.4g} to {data['edges'][mark + 1]:.4g}"


_TITLES: Mapping[str, Callable[[Data, int], str]] = {
    "som-map": _cell_title,
    "confusion-matrix": _confusion_title,
    "histogram": _bar_title,
}

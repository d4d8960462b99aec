"""What views are made of: series, columns, places of spectra, values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import numpy.typing as npt

Array = npt.NDArray[Any]
Topology = Literal["rectangular", "hexagonal"]


class Series(TypedDict):
    """One curve, or points; what is not required has a value for each point.

    `error` is the standard error of y, `low` and `high` bound a band about it, `rows` are row numbers of the
    feature set, which a click opens; `mode` is "points" for what is no line.
    """

    name: str
    x: Sequence[float] | Array
    y: Sequence[float] | Array
    mode: NotRequired[Literal["lines", "points"]]
    error: NotRequired[Sequence[float] | Array]
    low: NotRequired[Sequence[float] | Array]
    high: NotRequired[Sequence[float] | Array]
    rows: NotRequired[Sequence[int] | Array]


class Column(TypedDict):
    """One column of a table; the one named ``spectrum`` holds row numbers of the feature set."""

    name: str
    title: str
    unit: NotRequired[str]


class Place(NamedTuple):
    """A spectrum of the dataset: path (``archive.zip!/member``), HDU and row where a file holds several."""

    path: str
    hdu: int | None = None
    row: int | None = None


class Value(TypedDict):
    """One number of a metrics view."""

    name: str
    title: str
    value: float | None
    better: Literal["higher", "lower"] | None
    help: str

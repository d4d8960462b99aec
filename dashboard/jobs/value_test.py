"""Tests of jobs by their parameters, metrics and tags, such as ``metrics.accuracy>=0.9``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from dashboard.base.errors import FieldError, Invalid

KINDS = ("metrics", "parameters")
TAG = "tag"
OPERATORS = (">=", "<=", "!=", ">", "<", "=")
MOST_TEXT = 100  # letters of a text value that are compared
_SYNTAX = re.compile(r"\s*([^<>=!]+?)\s*(>=|<=|!=|>|<|=)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class ValueTest:
    """A test of one value of a job.

    Attributes
    ----------
    name : str
        ``metrics.NAME``, ``parameters.NAME`` or ``tag``.
    operator : str
        One of `OPERATORS`; empty: the job has the value, whatever it is.
    value : float or str
        What it is compared with.
    """

    name: str
    operator: str = ""
    value: float | str = ""

    def __str__(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else self.value
        return f"{self.name}{self.operator}{value}"


def is_value(name: str) -> bool:
    """Return whether a name is that of a metric or a parameter."""
    kind, _, rest = name.partition(".")
    return kind in KINDS and bool(rest)


def value_test(text: str) -> ValueTest:
    """Return the test that a text says.

    Parameters
    ----------
    text : str
        A name, one of `OPERATORS` and a value.

    Raises
    ------
    Invalid
        If it is none; the message says what is missing.
    """
    found = _SYNTAX.fullmatch(text)
    if found is None:
        raise _invalid(f"{text!r} is no test: write a name, one of {' '.join(OPERATORS)} and a value")
    name, operator, value = found.groups()
    if name != TAG and not is_value(name):
        raise _invalid(f"{name!r} is neither metrics.NAME, parameters.NAME nor {TAG}")
    number = None if name == TAG else _number(value)
    if operator not in ("=", "!=") and number is None:
        raise _invalid(f"{value!r} is no number, which {operator} needs")
    return ValueTest(name, operator, value[:MOST_TEXT] if number is None else number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _invalid(message: str) -> Invalid:
    return Invalid(f"{message[0].upper()}{message[1:]}.", [FieldError("where", message)])

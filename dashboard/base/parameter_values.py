"""Checking values against a module's description (contracts.md, section 5), for form, API and CLI."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.base.errors import FieldError

Described = Mapping[str, Any]


class _Wrong(ValueError):
    """A value that cannot be used; the message is for the person."""


def validate_parameters(
    described: Sequence[Described], given: Mapping[str, Any], prefix: str = "parameters"
) -> tuple[dict[str, Any], list[FieldError]]:
    """Check values and complete them with the defaults.

    Parameters
    ----------
    described : sequence of mappings
        The parameters P of the contract.
    given : mapping
        Name to value; texts (from a form) are converted to the type that is described.
    prefix : str
        Stands before the name in each error's field.

    Returns
    -------
    values, errors : dict, list of FieldError
        All parameters with a value; and everything that is wrong, by field.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    known = {str(parameter["name"]): parameter for parameter in described}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known) or 'none'}."
            errors.append(FieldError(f"{prefix}.{name}", f"There is no such parameter; {hint}"))
    for name, parameter in known.items():
        try:
            if name in given and not _left_empty(parameter, given[name]):
                values[name] = check_value(parameter, given[name])
            elif parameter.get("required"):
                raise _Wrong(f"Is needed. {allowed(parameter)}".strip())
            else:
                values[name] = parameter.get("default")
        except _Wrong as error:
            errors.append(FieldError(f"{prefix}.{name}", str(error)))
    return values, errors


def _left_empty(parameter: Described, value: Any) -> bool:
    """Whether a form's field was left empty: then the default (or null) is meant."""
    return isinstance(value, str) and not value and parameter["type"] != "string"


def allowed(parameter: Described) -> str:
    """Return what a parameter may be, as a sentence such as "Must be a whole number from 1 to 500."."""
    if choices := parameter.get("choices"):
        return f"Must be one of {', '.join(_shown(choice) for choice in choices)}."
    parts = [_TYPES.get(str(parameter["type"]), "a value")]
    low, above = parameter.get("minimum"), parameter.get("exclusive_minimum")
    high, below = parameter.get("maximum"), parameter.get("exclusive_maximum")
    if low is not None and high is not None:
        parts.append(f"from {_shown(low)} to {_shown(high)}")
    else:
        bounds = [
            f"{word} {_shown(bound)}"
            for word, bound in (
                ("at least", low),
                ("greater than", above),
                ("at most", high),
                ("less than", below),
            )
            if bound is not None
        ]
        parts.append(" and ".join(bounds))
    if unit := parameter.get("unit"):
        parts.append(f"({unit})")
    return " ".join(["Must be", *(part for part in parts if part)]) + "."


def check_value(parameter: Described, value: Any) -> Any:
    """Return the value of a parameter, converted to the described type.

    Parameters
    ----------
    parameter : mapping
        The parameter as in ``docs/contracts.md``, section 5: type, limits, choices.
    value : object
        As it was given: JSON, or the text of a form.

    Returns
    -------
    object
        The converted value; None where the parameter may be empty.

    Raises
    ------
    ValueError
        If the value is missing, of another type, no choice or out of range; a sentence with what is allowed.
    """
    if value is None:
        if parameter.get("nullable") or (parameter.get("default") is None and not parameter.get("required")):
            return None
        raise _Wrong(f"Must not be empty. {allowed(parameter)}")
    try:
        converted = _CONVERTERS[str(parameter["type"])](value)
    except (KeyError, ValueError, TypeError, RecursionError):
        raise _Wrong(f"{_shown(value)} cannot be used. {allowed(parameter)}") from None
    if isinstance(converted, list) and parameter.get("items"):
        converted = [_item(parameter["items"], item, number) for number, item in enumerate(converted, 1)]
    choices = parameter.get("choices")
    if choices and any(
        item not in choices for item in (converted if isinstance(converted, list) else [converted])
    ):
        raise _Wrong(f"{_shown(value)} cannot be used. {allowed(parameter)}")
    if isinstance(converted, int | float) and not _within(parameter, converted):
        raise _Wrong(f"{_shown(value)} is out of range. {allowed(parameter)}")
    return converted


def _item(items: Any, item: Any, number: int) -> Any:
    described = items if isinstance(items, Mapping) else {"type": items}
    try:
        return check_value(described, item)
    except _Wrong as error:
        raise _Wrong(f"Entry {number}: {error}") from None


def _within(parameter: Described, value: float) -> bool:
    low, above = parameter.get("minimum"), parameter.get("exclusive_minimum")
    high, below = parameter.get("maximum"), parameter.get("exclusive_maximum")
    inside = (low is None or value >= low) and (high is None or value <= high)
    return bool(inside and (above is None or value > above) and (below is None or value < below))


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return int(value) if isinstance(value, int) else number


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}[str(value).lower()]


def _array(value: Any) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        value = (
            json.loads(text)
            if text.startswith("[")
            else [part.strip() for part in text.split(",") if part.strip()]
        )
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, dict):
        raise TypeError
    return value


def _shown(value: Any) -> str:
    text = (
        str(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else json.dumps(value, default=str)
    )
    return text if len(text) <= 60 else f"{text[:57]}…"


_CONVERTERS = {
    "integer": _integer,
    "number": _number,
    "string": _string,
    "file": _string,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "file": "a file",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}

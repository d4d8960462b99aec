"""A person's marks of spectra: how interesting each is, 0 to 5."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from marshmallow import ValidationError, fields

#: Of a spectrum that a person never wants to see again, and of one that is just what is looked for.
LEAST, MOST = 0.0, 5.0

Marks = dict[str, float]


def marks_field() -> fields.String:
    """Return the parameter that takes marks."""
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=_check,
        metadata={
            "title": "Marks",
            "description": 'How interesting spectra are, by name, 0 to 5, as JSON: {"spec-0266": 5, '
            '"spec-0300": 0}. Scores of spectra like them rise or fall.',
            "unit": "",
            "group": "advanced",
        },
    )


def parse(text: str | None) -> Marks:
    """Return the marks of a parameter.

    Parameters
    ----------
    text : str or None
        JSON object of names and numbers; empty: no marks.

    Returns
    -------
    dict
        Name to mark.

    Raises
    ------
    ValueError
        It is no such object, or a mark is none of 0 to 5.
    """
    if text is None or not text.strip():
        return {}
    given = json.loads(text)
    if not isinstance(given, Mapping):
        raise ValueError(  # noqa: TRY004 - of the text, not of the code
            'it is no JSON object such as {"spec-0266": 5}'
        )
    for name, mark in given.items():
        number = isinstance(mark, int | float) and not isinstance(mark, bool) and math.isfinite(mark)
        if not number or not LEAST <= mark <= MOST:
            raise ValueError(f"the mark of {name!r} is {mark!r}, not a number from 0 to 5")
    return {str(name): float(mark) for name, mark in given.items()}


def _check(text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        raise ValidationError(f"The marks cannot be read: {error}.") from error

"""A parameter that is a text of several lines."""

from __future__ import annotations

from marshmallow import fields, validate


def text(
    title: str, description: str, *, longest: int = 100_000, advanced: bool = True, lines: bool = False
) -> fields.String:
    """Make a parameter that is a text, or none.

    Parameters
    ----------
    title, description : str
        Label of the form's field; one sentence about it.
    longest : int
        Characters, at most.
    advanced : bool
        Its group in forms.
    lines : bool
        Whether it has several lines: forms then show as many.
    """
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=longest),
        metadata={
            "title": title,
            "description": description,
            "unit": "",
            "group": "advanced" if advanced else "basic",
            **({"format": "multiline"} if lines else {}),
        },
    )

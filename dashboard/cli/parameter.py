"""Parses `NAME=VALUE` options."""

from __future__ import annotations

import json
from typing import Any

import click


def parameter_of(text: str) -> tuple[str, Any]:
    """Split ``name=value``; the value is parsed as JSON if possible, else kept as text.

    Raises
    ------
    click.BadParameter
        If there is no ``=``.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def values_of(text: str) -> tuple[str, list[Any]]:
    """Split ``name=values``: a JSON list, or values separated by commas.

    Parameters
    ----------
    text : str
        As typed.

    Raises
    ------
    click.BadParameter
        If there is no ``=``.
    """
    name, value = parameter_of(text)
    if isinstance(value, list):
        return name, value
    parts = text.partition("=")[2].split(",")
    return name, [parameter_of(f"{name}={part.strip()}")[1] for part in parts if part.strip()]

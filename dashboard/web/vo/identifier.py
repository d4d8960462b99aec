"""Identifiers of spectra: ``ivo://AUTHORITY/~?DATASET/NUMBER`` (IVOA Identifiers 2.0, section 4.1)."""

from __future__ import annotations

import re

PREFIX = "/~?"
_LOCAL = re.compile(r"([A-Za-z0-9_-]{1,80})/([0-9]{1,15})")


def identifier(authority: str, dataset: str, number: int) -> str:
    """Return the publisher's identifier of a spectrum.

    Parameters
    ----------
    authority : str
        Of this platform (setting `vo.authority`).
    dataset : str
        Its id.
    number : int
        Of the spectrum in it.
    """
    return f"ivo://{authority}{PREFIX}{dataset}/{number}"


def located(authority: str, text: str) -> tuple[str, int] | None:
    """Return dataset and number of an identifier of this platform; None for any other text."""
    start = f"ivo://{authority}{PREFIX}"
    if not text.lower().startswith(start.lower()):
        return None
    found = _LOCAL.fullmatch(text[len(start) :])
    return (found[1], int(found[2])) if found else None

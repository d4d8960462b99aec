"""The ``Accept`` header of a request (RFC 9110, section 12.5.1)."""

from __future__ import annotations


def media_weights(accept: str) -> dict[str, float]:
    """Return the media types that an ``Accept`` header names, with their weights.

    Parameters
    ----------
    accept : str
        The value of the header; empty where the request has none.

    Returns
    -------
    dict of str to float
        Media type in lower case, without parameters, to its weight of 0 (not acceptable) to 1 (the default),
        in the order of the header. A weight that is no number counts as 0; of a type that is named twice the
        greater weight counts.
    """
    weights: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind:
            weights[kind] = max(_weight(parameters), weights.get(kind, 0.0))
    return weights


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return min(weight, 1.0) if weight > 0 else 0.0  # `nan` is above nothing
    return 1.0

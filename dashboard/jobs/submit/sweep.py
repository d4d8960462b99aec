"""Several values of parameters, each combination a job of its own: all of a grid, or some drawn at random.

Random draws find good values with fewer runs where few parameters matter: Bergstra & Bengio (2012), Random
Search for Hyper-Parameter Optimization, JMLR 13.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.base.errors import FieldError, Invalid
from dashboard.jobs.request import JobRequest
from dashboard.jobs.submit.request_errors import LABEL_LENGTH

MOST_RUNS = 20  # that a comparison shows side by side


def combinations(
    values: Mapping[str, Sequence[Any]], sample: int | None = None, seed: int = 0
) -> list[dict[str, Any]]:
    """Return the combinations to run.

    Parameters
    ----------
    values : mapping
        Name of a parameter to the values to try, in their order.
    sample : int, optional
        How many combinations are drawn; None: all of them.
    seed : int
        Of the draw.

    Returns
    -------
    list of dict
        Values by parameter; those of the grid with the last parameter changing first, of a sample as drawn.

    Raises
    ------
    Invalid
        If there is nothing to vary, or more than `MOST_RUNS` would run.
    """
    if not values:
        raise Invalid("No parameter has several values.", [FieldError("values", "name a parameter")])
    if empty := [name for name, tried in values.items() if not tried]:
        raise Invalid(
            "A parameter has no value.", [FieldError(f"values.{name}", "give values") for name in empty]
        )
    size = math.prod(len(tried) for tried in values.values())
    count = size if sample is None else min(sample, size)
    if count > MOST_RUNS:
        told = f"{count:,} combinations are more than {MOST_RUNS}: leave values out, or let some be drawn"
        raise Invalid(f"{told}.", [FieldError("values" if sample is None else "sample", told)])
    numbers: Sequence[int] = range(size)
    if count < size:
        # Not for secrets: the same seed draws the same combinations.
        numbers = random.Random(seed).sample(numbers, count)  # noqa: S311
    return [_combination(values, number) for number in numbers]


def _combination(values: Mapping[str, Sequence[Any]], number: int) -> dict[str, Any]:
    """Return a combination of a grid that need not be written out."""
    found: dict[str, Any] = {}
    for name, tried in reversed(list(values.items())):
        number, at = divmod(number, len(tried))
        found[name] = tried[at]
    return {name: found[name] for name in values}


def requests_of(request: JobRequest, tried: Sequence[Mapping[str, Any]]) -> list[JobRequest]:
    """Return a request for each combination; its label says what it tries.

    Parameters
    ----------
    request : JobRequest
        What all have in common.
    tried : sequence of mapping
        As `combinations` returns them.
    """
    made = []
    for values in tried:
        said = ", ".join(f"{name} {value}" for name, value in values.items())
        label = f"{request.label or request.module}: {said}"[:LABEL_LENGTH]
        made.append(replace(request, label=label, parameters={**request.parameters, **values}))
    return made

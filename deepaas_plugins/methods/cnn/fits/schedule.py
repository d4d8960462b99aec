"""The learning rate of each step."""

from __future__ import annotations

import math

#: Share of the steps in which the rate of one cycle rises, and the rate that it begins at.
RISE, BEGIN = 0.25, 0.1


def rate(schedule: str, highest: float, step: int, steps: int) -> float:
    """Return the learning rate of a step.

    Parameters
    ----------
    schedule : str
        ``one_cycle`` (Smith & Topin 2019), ``cosine`` (Loshchilov & Hutter 2017) or ``constant``.
    highest : float
        The greatest rate.
    step, steps : int
        Number of the step, from 0; how many there are at most.

    Returns
    -------
    float
        Greater than 0.
    """
    if schedule == "constant":
        return highest
    part, rise = step / max(steps, 1), RISE if schedule == "one_cycle" else 0.0
    if part < rise:
        return highest * (BEGIN + (1.0 - BEGIN) * part / rise)
    fall = (part - rise) / (1.0 - rise)
    return highest * max(0.5 * (1.0 + math.cos(math.pi * fall)), 1e-3)

"""An oracle for tests and benchmarks: it knows the classes, and errs as often as it is asked to."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence


class Oracle:
    """Labels spectra whose class is known.

    Parameters
    ----------
    truth : mapping
        Number of the spectrum to its class.
    noise : float
        Share of spectra that get another class, drawn anew for each of them.
    seed : int
        Of the errors: a spectrum has the same label whenever it is asked for.
    classes : sequence of str
        More classes that a wrong label may have.

    Raises
    ------
    ValueError
        If the noise is no share, or there is no other class to err with.
    """

    def __init__(
        self, truth: Mapping[int, str], noise: float = 0.0, seed: int = 0, classes: Sequence[str] = ()
    ) -> None:
        self._truth, self._noise, self._seed = truth, noise, seed
        self.classes: Sequence[str] = sorted({*truth.values(), *classes})
        if not 0.0 <= noise <= 1.0:
            raise ValueError(f"the noise is {noise}: it is a share from 0 to 1")
        if noise and len(self.classes) < 2:
            raise ValueError("there is one class only: labels cannot be wrong")

    def label(self, number: int) -> str | None:
        """Return the label of a spectrum; None where its class is not known."""
        true = self._truth.get(number)
        if true is None or not self._noise:
            return true
        chance = random.Random(f"{self._seed}:{number}")  # noqa: S311 - no secret
        if chance.random() >= self._noise:
            return true
        return chance.choice([name for name in self.classes if name != true])

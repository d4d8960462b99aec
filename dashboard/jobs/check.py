"""Whether a wish can be run: the same answer for the form, the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.errors import FieldError
from dashboard.jobs.job import CheckedIntent, JobIntent


@dataclass(frozen=True)
class Checked:
    """What the form shows.

    Attributes
    ----------
    errors : tuple of FieldError
        By field: ``module``, ``dataset``, ``node``, ``parameters.NAME``, ``recipe.STEP.NAME``, ``resources.NAME``.
    nodes : Mapping
        Node to the reasons why it does not fit (an empty list: it fits).
    classes : Mapping
        Label to how many spectra, of the dataset.
    intent : CheckedIntent or None
        None when there are errors.
    """

    errors: tuple[FieldError, ...]
    nodes: Mapping[str, list[str]]
    classes: Mapping[str, int]
    intent: CheckedIntent | None

    def to_json(self) -> dict[str, Any]:
        """Return ``{"errors", "nodes", "classes", "parameters", "resources"}``."""
        raise NotImplementedError


class JobCheck:
    """Checks wishes."""

    async def check(self, intent: JobIntent) -> Checked:
        """Say everything that is wrong at once."""
        raise NotImplementedError

    async def require(self, intent: JobIntent) -> CheckedIntent:
        """Return the checked intent; `Invalid` with the errors by field when it cannot be run."""
        raise NotImplementedError

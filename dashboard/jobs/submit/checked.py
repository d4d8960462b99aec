"""What a check of a request says: the same for the form, the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.base.errors import FieldError
from dashboard.base.resources import Resources
from dashboard.jobs.request import CheckedRequest
from dashboard.quotas.quota import Balance


@dataclass(frozen=True)
class Checked:
    """What the form shows.

    Attributes
    ----------
    errors : tuple of FieldError
        By field: ``module``, ``dataset``, ``label_version``, ``start``, ``excluded``, ``node``, ``label``,
        ``note``, ``parameters.NAME``, ``recipe``, ``recipe.STEP.NAME``, ``resources.NAME``.
    nodes : Mapping
        Node to the reasons why it cannot run it, or not now (an empty list: it can).
    classes : Mapping
        Label to how many spectra, of the whole dataset.
    resources : Resources
        What it would get.
    parameters : Mapping
        Complete, as far as they are right.
    request : CheckedRequest or None
        None when there are errors.
    notes : tuple of str
        What the person should know before it runs, such as objects with several spectra.
    quotas : tuple of Balance
        What it needs of each quota that limits it; one that is exceeded does not allow it.
    """

    errors: tuple[FieldError, ...]
    nodes: Mapping[str, list[str]]
    classes: Mapping[str, int]
    resources: Resources
    parameters: Mapping[str, Any]
    request: CheckedRequest | None
    notes: tuple[str, ...] = ()
    quotas: tuple[Balance, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return ``{"ok", "errors", "nodes", "classes", "resources", "parameters", "notes", "quotas"}``."""
        return {
            "ok": self.request is not None and not any(one.exceeded for one in self.quotas),
            "errors": [error.to_json() for error in self.errors],
            "nodes": dict(self.nodes),
            "classes": dict(self.classes),
            "resources": asdict(self.resources),
            "parameters": dict(self.parameters),
            "notes": list(self.notes),
            "quotas": [one.to_json() for one in self.quotas],
        }

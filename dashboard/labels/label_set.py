"""A label set, and the names of its classes."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.base.ownership import Ownership, Visibility

#: Kind of object, for permissions and live topics.
KIND = "label_set"
LONGEST_NAME = 200
LONGEST_CLASS = 100
MOST_CLASSES = 500


@dataclass(frozen=True)
class LabelSet:
    """A row of `label_sets`."""

    id: str
    name: str
    owner: str
    created: str
    dataset: str
    dataset_name: str
    classes: tuple[str, ...]
    events: int
    visibility: str = Visibility.PRIVATE
    project: str | None = None

    @property
    def ownership(self) -> Ownership:
        """Its owner, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "classes": list(self.classes)}


class GetLabelSet(Protocol):
    """Return a label set with which an identity may do something; else `NotFound` or `Denied`."""

    def __call__(
        self, label_set: str, identity: Identity, action: Action = Action.READ
    ) -> Awaitable[LabelSet]:
        """Return it.

        Parameters
        ----------
        label_set : str
            Its id.
        identity : Identity
            Who asks.
        action : Action
            What they are about to do.
        """
        ...


def set_name(text: str) -> str:
    """Return a name with normalised white space.

    Raises
    ------
    Invalid
        If it cannot be used.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        reason = f"must have 1 to {LONGEST_NAME} printable characters"
        raise Invalid(f"The name {reason}.", [FieldError("name", reason)])
    return name


def class_names(given: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of a label set, each once, in the order given.

    Raises
    ------
    Invalid
        If there are none or too many, or one of them cannot be used.
    """
    names = tuple(dict.fromkeys(" ".join(name.split()) for name in given if name.strip()))
    reason = ""
    if not 1 <= len(names) <= MOST_CLASSES:
        reason = f"there must be 1 to {MOST_CLASSES} classes, not {len(names)}"
    elif bad := [name for name in names if len(name) > LONGEST_CLASS or not name.isprintable()]:
        reason = f"a class has 1 to {LONGEST_CLASS} printable characters: {bad[0][:40]!r} has not"
    if reason:
        raise Invalid(f"The classes cannot be used: {reason}.", [FieldError("classes", reason)])
    return names

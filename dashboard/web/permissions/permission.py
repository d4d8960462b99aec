"""One row of the matrix of permissions: the outcome for each role and each relation to the object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dashboard.auth.identity import Role

VISITOR = "visitor"
#: Who asks: somebody without an account, or a person of a role.
CALLERS = (VISITOR, *Role)


class Relation(StrEnum):
    """What an object is to who asks."""

    OWN = "own"
    PROJECT = "project"  # of somebody else, shared with a project of both
    FOREIGN = "foreign"  # of somebody else, private or shared with other projects
    PUBLIC = "public"  # of somebody else, shown to everybody


class Outcome(StrEnum):
    """What the platform answers; a list answers always, and has the object or not."""

    ALLOWED = "yes"  # whatever the service says then: done, invalid, or in conflict with the state
    SIGN_IN = "401"
    DENIED = "403"
    ABSENT = "404"  # also for an object that does not exist
    LISTED = "listed"
    HIDDEN = "hidden"
    NEVER = "–"  # such an object there cannot be: a visitor owns nothing


Cells = tuple[Outcome, ...]


@dataclass(frozen=True, eq=False)
class Permission:
    """What callers may do at an endpoint.

    Attributes
    ----------
    name : str
        As in the document.
    meaning : str
        One line for the document.
    cells : mapping of str to tuple of Outcome
        For each of `CALLERS`: one outcome where no object decides, else one for each `Relation`.
    """

    name: str
    meaning: str
    cells: Mapping[str, Cells]

    def outcome(self, caller: str, relation: Relation) -> Outcome:
        """Return one cell.

        Parameters
        ----------
        caller : str
            One of `CALLERS`.
        relation : Relation
            What the object is to the caller.
        """
        cells = self.cells[caller]
        return cells[0] if len(cells) == 1 else cells[list(Relation).index(relation)]

    @property
    def of_objects(self) -> bool:
        """Whether the outcome depends on whose the object is."""
        return any(len(cells) > 1 for cells in self.cells.values())


def row(name: str, meaning: str, **cells: str) -> Permission:
    """Return a row from the texts of its cells.

    Parameters
    ----------
    name, meaning : str
        As in `Permission`.
    **cells : str
        From a caller to its outcomes, separated by spaces. A role that is left out is as the role before it.

    Returns
    -------
    Permission
        With the cells of all callers.

    Raises
    ------
    ValueError
        If a caller has neither one outcome nor one for each relation.
    """
    told: dict[str, Cells] = {}
    text = ""
    for caller in CALLERS:
        text = cells.get(caller, text)
        told[caller] = tuple(map(Outcome, text.split()))
        if len(told[caller]) not in {1, len(Relation)}:
            raise ValueError(f"{name}: {caller} needs one outcome, or one for each of {', '.join(Relation)}")
    return Permission(name, meaning, told)

"""To whom a stored object belongs, and who else may see it. Who asks is `dashboard.auth.identity`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Visibility(StrEnum):
    """Who may see an object, beside its owner and an administrator."""

    PRIVATE = "private"  # nobody
    PROJECT = "project"  # the members of its project
    PUBLIC = "public"  # everybody who is signed in


@dataclass(frozen=True)
class Ownership:
    """The columns ``owner``, ``visibility`` and ``project`` of a stored object.

    Attributes
    ----------
    owner : str
        User id; empty for what belongs to the platform itself (a node of ``huggins.toml``).
    visibility : Visibility
        Who else may see it.
    project : str or None
        Whose members may see it, where `visibility` is ``project``.
    """

    owner: str
    visibility: Visibility = Visibility.PRIVATE
    project: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return its fields."""
        return asdict(self)


#: Of what belongs to the platform itself and is shown to everybody who is signed in.
SHARED = Ownership("", Visibility.PUBLIC)

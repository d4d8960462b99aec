"""Who acts: a user id, the roles that the user has, and the projects that the user belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user may do in general; each role includes those before it."""

    VIEWER = "viewer"  # sees what is shared with them, and calls deployments
    USER = "user"  # has datasets, jobs, models and deployments of their own
    PUBLISHER = "publisher"  # publishes modules
    MANAGER = "manager"  # uses large shared space and restricted modules
    ADMIN = "admin"  # sees and changes everything; adds nodes


class Scope(StrEnum):
    """What an API token may do; none includes another."""

    READ = "read"  # see everything that its user sees
    DATA = "data"  # create, change and delete datasets and label sets
    JOBS = "jobs"  # train, predict with models, abort; change and delete jobs and models
    DEPLOY = "deploy"  # create and change deployments, and call them
    PUBLISH = "publish"  # publish modules, and change their versions
    ADMIN = "admin"  # nodes and people


@dataclass(frozen=True)
class Identity:
    """Who acts.

    Attributes
    ----------
    user : str
        User id, as in the ``owner`` column of what the user owns.
    roles : frozenset of Role
        None: the user is not known, or disabled.
    projects : frozenset of str
        Projects that the user is a member of.
    scopes : frozenset of Scope or None
        What the API token allows that the request came with; None: all that the user may do.
    visitor : bool
        Nobody is signed in, but what is public may be seen.
    """

    user: str
    roles: frozenset[Role] = frozenset()
    projects: frozenset[str] = frozenset()
    scopes: frozenset[Scope] | None = None
    visitor: bool = False

    @property
    def anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return not self.user

    @property
    def admin(self) -> bool:
        """Whether this is an administrator, who may do everything."""
        return Role.ADMIN in self.roles

    def has(self, role: Role) -> bool:
        """Return whether the user has a role, or one that includes it."""
        order = list(Role)
        return any(order.index(own) >= order.index(role) for own in self.roles)


#: The one user of a laptop: signed in by the one-time link, owner of everything.
OWNER = Identity("owner", frozenset(Role))
ANONYMOUS = Identity("")
#: Somebody without an account, where the platform has a public face.
VISITOR = Identity("", visitor=True)
#: All callers of the services of the Virtual Observatory without a token, where `vo.anonymous` lets them in.
#: No account can have this name.
CALLER = Identity("anonymous caller", frozenset({Role.USER}))
#: Sees what every signed-in user sees, and nothing else: for messages that anybody may read.
EVERYONE = Identity("everyone", frozenset({Role.VIEWER}))
#: The platform itself, where it acts without a person: the supervisor, a sweep, a repair.
SYSTEM = Identity("platform", frozenset(Role))

#: From a user id to the identity with its roles and projects.
Accounts = Callable[[str], Awaitable[Identity]]

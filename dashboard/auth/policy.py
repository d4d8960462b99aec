"""The one policy: what an identity may do with an object, which rows it sees in a list, which events.

An administrator may do everything. Others see what is theirs, what is public, and what is shared with a
project of theirs; they change and delete what is theirs. An object that an identity may not see does not
exist for it: the error is the one of an object that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, and_, bindparam, false, or_, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from dashboard.auth.identity import Identity, Role, Scope
from dashboard.base.errors import Denied, FieldError, Invalid, NotFound, Unauthenticated
from dashboard.base.events import LiveEvent
from dashboard.base.ownership import Ownership, Visibility

Columns = Mapping[str, Any] | ReadOnlyColumnCollection[str, Any]


class Action(StrEnum):
    """What is to be done."""

    READ = "read"
    CREATE = "create"
    CHANGE = "change"  # also abort, run again, enable, disable
    LABEL = "label"  # give labels: the owner of a label set, and the members of its project
    DELETE = "delete"
    CALL = "call"  # a deployed model


@dataclass(frozen=True)
class Resource:
    """What an action is about.

    Attributes
    ----------
    kind : str
        Such as ``job``.
    id : str
        Of one object; empty: the kind as a whole (its list, a new one).
    ownership : Ownership or None
        Of the object; None where the action is about the kind as a whole.
    """

    kind: str
    id: str = ""
    ownership: Ownership | None = None


#: What everybody may do, signed in or not.
OPEN = frozenset({(Action.READ, "health"), (Action.READ, "static"), (Action.CREATE, "session")})
#: The least role for an action that is about no object of the database.
LEAST = {
    Action.READ: Role.VIEWER,
    Action.CALL: Role.VIEWER,
    Action.CREATE: Role.USER,
    Action.CHANGE: Role.USER,
    Action.LABEL: Role.USER,
    Action.DELETE: Role.USER,
}
#: The same for a kind where it needs more to change anything.
LEAST_OF = {"publication": Role.PUBLISHER}
#: Kinds about the user alone (signing out, messages, tokens) or of which a service knows who changes what.
OWN = frozenset({"settings", "link", "project"})
#: Kinds that only administrators make and change, and those that only they see at all.
ADMINISTERED = frozenset({"node", "person", "administration", "metrics", "use"})
CONFIDENTIAL = frozenset({"person", "administration", "metrics"})
#: Kinds that managers may see: what everybody uses, and what runs.
MANAGED = frozenset({"use"})
#: Scope of an API token by which kinds of objects are created, changed, deleted and called. For others
#: (sign-in links, sessions, tokens, settings) no token is enough.
SCOPES = {
    "dataset": Scope.DATA,
    "label_set": Scope.DATA,
    "learning_session": Scope.JOBS,
    "source": Scope.DATA,
    "job": Scope.JOBS,
    "model": Scope.JOBS,
    "module": Scope.JOBS,
    "deployment": Scope.DEPLOY,
    "publication": Scope.PUBLISH,
    "node": Scope.ADMIN,
    "person": Scope.ADMIN,
    "administration": Scope.ADMIN,
    "use": Scope.ADMIN,
    "project": Scope.ADMIN,
    "metrics": Scope.READ,
}
#: Kinds of live topics whose events say nothing of an object that belongs to somebody.
COMMON_TOPICS = frozenset({"modules"})
#: Kinds of live topics of which visitors get events: those of pages that they may open.
VISITOR_TOPICS = frozenset({"modules", "datasets", "models", "deployments", "dataset", "model", "deployment"})


def may(identity: Identity, action: Action, resource: Resource) -> bool:
    """Return whether an identity may do something.

    Parameters
    ----------
    identity : Identity
        Who acts.
    action : Action
        What they do.
    resource : Resource
        What it is about; with its ownership where it is one object.

    Returns
    -------
    bool
        True if it is allowed.
    """
    if (action, resource.kind) in OPEN:
        return True
    if not in_scope(identity, action, resource.kind):
        return False
    return identity.admin or _permits(identity, action, resource)


def _permits(identity: Identity, action: Action, resource: Resource) -> bool:
    """Return whether somebody who is no administrator may do something, by role and ownership."""
    if identity.visitor:
        public = resource.ownership is None or sees(identity, resource.ownership)
        return action is Action.READ and resource.kind not in CONFIDENTIAL | MANAGED and public
    if not identity.has(_least_role(action, resource.kind)):
        return False
    reads = action in {Action.READ, Action.CALL}
    if resource.ownership is None:
        return resource.kind not in (CONFIDENTIAL if reads else ADMINISTERED)
    if action is Action.LABEL:
        return labels(identity, resource.ownership)
    return sees(identity, resource.ownership) if reads else resource.ownership.owner == identity.user


def labels(identity: Identity, ownership: Ownership) -> bool:
    """Return whether an identity may give labels to a label set of that ownership."""
    shared = ownership.visibility is Visibility.PROJECT and ownership.project in identity.projects
    return identity.admin or ownership.owner == identity.user or shared


def _least_role(action: Action, kind: str) -> Role:
    """Return the least role for an action on a kind of objects as a whole."""
    if kind in OWN:
        return Role.VIEWER
    if kind in MANAGED:
        return Role.MANAGER
    changes = action not in {Action.READ, Action.CALL}
    return LEAST_OF.get(kind, LEAST[action]) if changes else LEAST[action]


def in_scope(identity: Identity, action: Action, kind: str) -> bool:
    """Return whether the API token of an identity, if it came with one, is for such an action.

    Parameters
    ----------
    identity : Identity
        Who acts.
    action : Action
        What they do.
    kind : str
        What it is about.
    """
    if identity.scopes is None:
        return True
    if action is Action.READ and kind not in CONFIDENTIAL:
        return Scope.READ in identity.scopes
    return SCOPES.get(kind) in identity.scopes


def sees(identity: Identity, ownership: Ownership) -> bool:
    """Return whether an identity may see an object of that ownership."""
    if identity.admin:
        return True
    if identity.visitor:
        # What belongs to the platform itself, such as its nodes, is no business of visitors.
        return ownership.visibility is Visibility.PUBLIC and bool(ownership.owner)
    if not identity.has(Role.VIEWER):
        return False
    shared = ownership.visibility is Visibility.PROJECT and ownership.project in identity.projects
    return ownership.owner == identity.user or ownership.visibility is Visibility.PUBLIC or shared


def authorize(identity: Identity, action: Action, resource: Resource) -> None:
    """Return if `identity` may do `action` on `resource`.

    Parameters
    ----------
    identity : Identity
        Who acts.
    action : Action
        What they do.
    resource : Resource
        What it is about; with its ownership where it is one object.

    Raises
    ------
    Unauthenticated
        If nobody is signed in and signing in might help.
    NotFound
        If the identity may not see the object.
    Denied
        If the identity may see the object, but not do this.
    """
    if may(identity, action, resource):
        return
    if identity.anonymous:
        raise Unauthenticated(
            "Sign in with your account or a one-time link; this command prints a new one: huggins link"
        )
    if not in_scope(identity, action, resource.kind):
        needed = Scope.READ if action is Action.READ else SCOPES.get(resource.kind, "")
        advice = f"it has not the scope {needed}" if needed else "sign in for that"
        raise Denied(f"This API token may not {action} {resource.kind}: {advice}.")
    if resource.ownership is not None and not sees(identity, resource.ownership):
        raise absent(resource.kind, resource.id)
    raise Denied(f"{identity.user} may not {action} {resource.kind} {resource.id}".rstrip() + ".")


def require_member(identity: Identity, project: str | None) -> None:
    """Return if an identity may make something for a project.

    Parameters
    ----------
    identity : Identity
        Who makes it.
    project : str or None
        The project; empty or None: none.

    Raises
    ------
    Invalid
        If the identity is no member; a project of others is as unknown as one that does not exist.
    """
    if project and project not in identity.projects:
        message = "must be a project that you are a member of"
        raise Invalid(f"This cannot be made for the project {project}.", [FieldError("project", message)])


def absent(kind: str, identifier: str) -> NotFound:
    """Return the error for an object that is not there, or that the identity may not see."""
    return NotFound(f"There is no {kind} {identifier}; it may have been deleted.")


def visible(identity: Identity, columns: Columns) -> ColumnElement[bool]:
    """Return the SQL condition that leaves the rows that an identity may see.

    Parameters
    ----------
    identity : Identity
        Who asks.
    columns : mapping of str to Column
        The columns ``owner``, ``visibility`` and ``project`` of a table or subquery (``table.c``).

    Returns
    -------
    ColumnElement of bool
        For ``where``; always true for an administrator.
    """
    if identity.admin:
        return true()
    if identity.visitor:
        return and_(columns["visibility"] == Visibility.PUBLIC, columns["owner"] != "")
    if not identity.has(Role.VIEWER):
        return false()
    rules = [columns["owner"] == identity.user, columns["visibility"] == Visibility.PUBLIC]
    if identity.projects:
        of_project = columns["project"].in_(sorted(identity.projects))
        rules.append(and_(columns["visibility"] == Visibility.PROJECT, of_project))
    return or_(*rules)


def visible_parts(
    identity: Identity, columns: Columns, *, each_project: bool = False
) -> list[ColumnElement[bool]]:
    """Return conditions of which every row that an identity may see fulfils exactly one.

    A database answers each of them from one index, and their disjunction often from none. The visibilities
    are written into the statement, so that indexes of shared rows alone are considered.

    Parameters
    ----------
    identity : Identity
        Who asks.
    columns : mapping of str to Column
        As for `visible`.
    each_project : bool
        Whether each project has a part of its own, which an index then has in order.

    Returns
    -------
    list of ColumnElement of bool
        At least one.
    """
    if identity.admin or identity.visitor or not identity.has(Role.VIEWER):
        return [visible(identity, columns)]
    others = columns["owner"] != identity.user
    parts = [
        columns["owner"] == identity.user,
        and_(columns["visibility"] == _written(Visibility.PUBLIC), others),
    ]
    if identity.projects:
        shared, projects = columns["visibility"] == _written(Visibility.PROJECT), sorted(identity.projects)
        together = [columns["project"].in_(projects)]
        named = [columns["project"] == name for name in projects] if each_project else together
        parts += [and_(shared, of_project, others) for of_project in named]
    return parts


def _written(visibility: Visibility) -> BindParameter[str]:
    return bindparam(None, visibility.value, String, literal_execute=True)


def follows(identity: Identity) -> Callable[[LiveEvent], bool]:
    """Return the filter of a subscription: whether an event is about something that an identity may see.

    An event of a topic for all objects of a kind names the ownership of its object. One without it passes
    where it says nothing (a mere "read the list again") or its topic belongs to nobody. A topic of one object
    (``job:ID``) is checked when it is subscribed to, by `dashboard.auth.access`.
    """
    if identity.admin:
        return lambda _event: True

    def passes(event: LiveEvent) -> bool:
        if identity.visitor and event.topic.partition(":")[0] not in VISITOR_TOPICS:
            return False
        if event.ownership is not None:
            return sees(identity, event.ownership)
        return not event.data or ":" in event.topic or event.topic in COMMON_TOPICS

    return passes

"""Who may see the page of a deployment, and who may call it.

A deployment has two locks: its visibility says who sees it, its access says who of those may call it, or that
everybody may. To who may do neither it does not exist: a call is answered as one of an unknown name.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from dashboard.auth.identity import ANONYMOUS
from dashboard.auth.policy import Action, Resource, authorize, in_scope, sees
from dashboard.base.ownership import Ownership
from dashboard.deployments.authorization import ownership_of
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, SHARING
from deploy.access.authorization import CallerRole, needs_token
from deploy.gateway.headers import bearer
from deploy.model.deployment import Access, Deployment, UnknownDeployment

#: Of a deployment that does not exist: only an administrator is told so by its service.
NOBODYS = Ownership("")


def _find(request: web.Request) -> Deployment | None:
    try:
        return request.app[PLATFORM].deployments.service.get(request.match_info["deployment"])[0]
    except UnknownDeployment:
        return None


def sees_all(request: web.Request) -> bool:
    """Return whether the caller may see the deployment in the path with how and where it runs."""
    found, identity = _find(request), request[IDENTITY]
    return found is not None and not identity.anonymous and sees(identity, ownership_of(found))


def require_page(request: web.Request) -> None:
    """Return if the caller may see the page of the deployment in the path, or what callers need of it.

    Parameters
    ----------
    request : web.Request
        Names the deployment.

    Raises
    ------
    Unauthenticated
        If nobody is signed in and there is none of that name that everybody may see or call: the same for
        private ones and unknown ones, and for credentials that sign nobody in.
    NotFound, Denied
        If somebody is signed in who may not see it; if their API token is not for reading.
    """
    identity, name, found = request[IDENTITY], request.match_info["deployment"], _find(request)
    unknown = identity.anonymous and hdrs.AUTHORIZATION in request.headers
    is_open = found is not None and found.access is Access.PUBLIC and not unknown
    if is_open and (identity.anonymous or in_scope(identity, Action.READ, "deployment")):
        return
    ownership = NOBODYS if found is None else ownership_of(found)
    if unknown or (identity.visitor and not sees(identity, ownership)):
        identity = ANONYMOUS
    authorize(identity, Action.READ, Resource("deployment", name, ownership))


def require_call(request: web.Request, action: Action) -> None:
    """Return if the caller may know that the deployment in the path is there; its access is checked later.

    Parameters
    ----------
    request : web.Request
        Names the deployment.
    action : Action
        What is done, for the scopes of an API token.

    Raises
    ------
    CallDenied
        If nobody is signed in, and it is not for everybody; or if the token is not one of this deployment.
    UnknownDeployment
        If there is none of that name that the caller may see.
    Denied
        If the caller's API token has not the scope.
    """
    platform, identity, name = request.app[PLATFORM], request[IDENTITY], request.match_info["deployment"]
    found, secret = _find(request), bearer(request)
    if secret is not None:
        platform.deployments.service.authorizer.identify(name, secret)
    elif found is None or found.access is not Access.PUBLIC:
        if identity.anonymous and request[SHARING]:
            raise needs_token(name)
        if not identity.anonymous and not in_scope(identity, action, "deployment"):
            authorize(identity, action, Resource("deployment", name))
        if not identity.anonymous and found is not None and not sees(identity, ownership_of(found)):
            found = None
    if found is None:
        raise UnknownDeployment(f"there is no deployment named {name!r}")


def caller_role(request: web.Request) -> CallerRole:
    """Return what the caller is to the deployment in the path."""
    identity = request[IDENTITY]
    if identity.anonymous:
        return CallerRole.ANYONE
    owner = request.app[PLATFORM].deployments.owned_by(request.match_info["deployment"], identity)
    return CallerRole.OWNER if owner else CallerRole.USER

"""Whose a deployment is, and the policy applied to one deployment and to what a request names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.auth.access import Access
from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize, may
from dashboard.base.ownership import Ownership, Visibility
from dashboard.deployments.translation import translated
from dashboard.nodes.ranking import ANY
from deploy.model.deployment import Deployment, UnknownDeployment
from deploy.service import DeployService


def ownership_of(deployment: Deployment) -> Ownership:
    """Return whose a deployment is, and who else sees it."""
    return Ownership(deployment.owner, Visibility(deployment.visibility), deployment.project)


def required(service: DeployService, name: str, identity: Identity, action: Action) -> Deployment:
    """Return a deployment with which an identity may do something.

    Parameters
    ----------
    service : DeployService
        Knows the deployments.
    name : str
        The deployment.
    identity : Identity
        Who acts.
    action : Action
        What they do.

    Returns
    -------
    Deployment
        As the service has it now.

    Raises
    ------
    NotFound
        If there is no such deployment, or the identity may not see it.
    Denied
        If the identity may see it, but not do this.
    """
    with translated("name"):
        deployment, _ = service.get(name)
    authorize(identity, action, Resource("deployment", name, ownership_of(deployment)))
    return deployment


def owned_by(service: DeployService, name: str, identity: Identity) -> bool:
    """Return whether an identity may change a deployment.

    Parameters
    ----------
    service : DeployService
        Knows the deployments.
    name : str
        The deployment.
    identity : Identity
        Who asks.

    Returns
    -------
    bool
        Where there is no deployment of that name: True for an administrator only.
    """
    try:
        deployment, _ = service.get(name)
    except UnknownDeployment:
        return identity.admin
    return may(identity, Action.CHANGE, Resource("deployment", name, ownership_of(deployment)))


async def require_sources(objects: Access, body: Mapping[str, Any], identity: Identity) -> None:
    """Return if an identity may see the model, job and nodes that a request names.

    Parameters
    ----------
    objects : Access
        Knows whose they are.
    body : mapping
        The request; names ``model`` or ``job``, and ``node`` or ``nodes``.
    identity : Identity
        Who asks.

    Raises
    ------
    NotFound
        If there is no such object, or the identity may not see it.
    """
    named = body.get("nodes")
    nodes = [*(named if isinstance(named, list) else []), body.get("node")]
    sources = [("model", body.get("model")), ("job", body.get("job"))]
    for kind, name in [*sources, *(("node", node) for node in nodes if node != ANY)]:
        if isinstance(name, str) and name:
            await objects.require(identity, Action.READ, kind, name)

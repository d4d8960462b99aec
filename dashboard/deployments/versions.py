"""Versions of a deployment: adds them, and moves the requests between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.auth.access import Access
from dashboard.auth.identity import OWNER, SYSTEM, Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.base.resources import Resources
from dashboard.deployments.authorization import ownership_of, require_sources, required
from dashboard.deployments.presentation import deployment_json
from dashboard.deployments.request import DeploymentRequests, resources_of
from dashboard.deployments.room import allowance
from dashboard.deployments.translation import translated
from dashboard.quotas.restriction import RestrictionStore
from dashboard.quotas.service import Quotas
from deploy.model.deployment import Deployment
from deploy.model.rollout import promoted, rolled_back, with_canary, with_version
from deploy.service import DeployService


async def change(
    service: DeployService,
    name: str,
    edited: Callable[[Deployment], Deployment],
    field: str,
    quotas: Quotas | None = None,
) -> dict[str, Any]:
    """Change a deployment.

    Parameters
    ----------
    service : DeployService
        Knows the deployment.
    name : str
        The deployment.
    edited : callable
        Returns the changed deployment.
    field : str
        The field of the request that a rejected change is reported for.
    quotas : Quotas, optional
        Must allow the change; None: every one is allowed.

    Returns
    -------
    dict
        The deployment as JSON.

    Raises
    ------
    Invalid, NotFound
        If the change is rejected; if there is no such deployment.
    QuotaExceeded
        If a quota does not allow it.
    """
    with translated(field):
        allow = await allowance(quotas, ownership_of(service.get(name)[0]))
        await service.change(name, edited, allow)
        return deployment_json(*service.get(name))


class DeploymentVersions:
    """Adds versions to deployments, and makes them canary or stable.

    Parameters
    ----------
    service : DeployService
        Knows the deployments.
    requests : DeploymentRequests
        Makes a version of a request.
    objects : Access
        Checks the models and jobs that a request names.
    quotas : Quotas, optional
        Must allow more replicas.
    restrictions : RestrictionStore, optional
        Says who may deploy which module.
    """

    def __init__(
        self,
        service: DeployService,
        requests: DeploymentRequests,
        objects: Access,
        quotas: Quotas | None = None,
        restrictions: RestrictionStore | None = None,
    ) -> None:
        self._restrictions = restrictions
        self._service = service
        self._quotas = quotas
        self._requests = requests
        self._objects = objects

    async def add(self, name: str, body: Mapping[str, Any], identity: Identity = OWNER) -> dict[str, Any]:
        """Add a version to a deployment.

        Parameters
        ----------
        name
            The deployment.
        body
            ``{"model" | "job" | "module", "resources"?, "share"?}``. With a share of 100 (the default) the
            version becomes the stable one as soon as it is ready, else the canary with that share.

        Raises
        ------
        Invalid, NotFound
            With the fields that are wrong; if there is no such deployment, model, job or module.
        """
        deployment = required(self._service, name, identity, Action.CHANGE)
        await require_sources(self._objects, body, identity)
        share = 100 if body.get("share") is None else body["share"]
        stable = deployment.version()
        resources = resources_of(body, Resources.from_json(stable.resources))
        version = await self._requests.version(body, resources, training=stable.training)
        if self._restrictions is not None:
            await self._restrictions.require(version.module, identity)
        self._requests.require_isolation(deployment.nodes, version.module)
        return await change(
            self._service, name, lambda one: with_version(one, version, share), "share", self._quotas
        )

    async def set_canary(
        self, name: str, body: Mapping[str, Any], identity: Identity = SYSTEM
    ) -> dict[str, Any]:
        """Give the canary a share of the requests.

        Parameters
        ----------
        name : str
            The deployment.
        body : mapping
            ``{"version"?, "share"}``: by default the present canary; the share in percent.
        identity : Identity
            Who changes it.

        Returns
        -------
        dict
            The deployment as JSON.

        Raises
        ------
        Invalid
            If the body names no version and there is no canary, or the version or share cannot be.
        NotFound, Denied
            If the identity may not see the deployment; if it may see it, but not change it.
        """
        deployment = required(self._service, name, identity, Action.CHANGE)
        number = body.get("version") or deployment.canary
        if number is None:
            raise Invalid("Say which version.", [FieldError("version", "there is no canary")])
        return await change(
            self._service,
            name,
            lambda one: with_canary(one, number, body["share"]),
            "version",
            self._quotas,
        )

    async def promote(
        self, name: str, body: Mapping[str, Any], identity: Identity = SYSTEM
    ) -> dict[str, Any]:
        """Make a version the stable one.

        Parameters
        ----------
        name : str
            The deployment.
        body : mapping
            ``{"version"?}``: by default the canary.
        identity : Identity
            Who changes it.

        Returns
        -------
        dict
            The deployment as JSON.

        Raises
        ------
        Invalid
            If there is no such version, or no canary.
        NotFound, Denied
            If the identity may not see the deployment; if it may see it, but not change it.
        """
        required(self._service, name, identity, Action.CHANGE)
        number = body.get("version")
        return await change(self._service, name, lambda one: promoted(one, number), "version")

    async def roll_back(self, name: str, identity: Identity = SYSTEM) -> dict[str, Any]:
        """Stop the canary, else return to the previous version; `Invalid`, `NotFound`, `Denied`."""
        required(self._service, name, identity, Action.CHANGE)
        return await change(self._service, name, rolled_back, "version")

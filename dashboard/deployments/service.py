"""The service behind the pages and the API: creates, changes, lists and deletes deployments."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.auth.access import Access as ObjectAccess
from dashboard.auth.identity import OWNER, SYSTEM, Identity
from dashboard.auth.policy import Action, require_member, sees
from dashboard.base import clock
from dashboard.base.errors import NotFound
from dashboard.base.events import Live
from dashboard.base.ownership import Visibility
from dashboard.base.resources import Resources
from dashboard.database.engine import Database
from dashboard.deployments.authorization import owned_by, ownership_of, require_sources, required
from dashboard.deployments.presentation import deployment_json
from dashboard.deployments.request import (
    DeploymentRequests,
    access_of,
    resources_of,
    scaling_of,
    suggested_name,
)
from dashboard.deployments.room import allowance
from dashboard.deployments.tokens import DeploymentTokens
from dashboard.deployments.translation import translated
from dashboard.deployments.versions import DeploymentVersions, change
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.registry import Nodes
from dashboard.quotas.restriction import RestrictionStore
from dashboard.quotas.service import Quotas
from deploy.access.usage import Counters, summary
from deploy.gateway.proxy import Proxy
from deploy.model.deployment import (
    Access,
    Deployment,
    Scaling,
)
from deploy.service import DeployService


class Deployments:
    """Creates deployments of models and modules, changes, lists and deletes them.

    Parameters
    ----------
    database, models, modules, nodes, live
        Services of the platform.
    service
        Runs the replicas. Must call `publish` for each deployment that changes.
    quotas
        Must allow new deployments and more replicas; None: all are allowed.
    restrictions
        Says who may deploy which module; None: everybody.
    """

    def __init__(
        self,
        database: Database,
        *,
        models: ModelStore,
        modules: Modules,
        nodes: Nodes,
        live: Live,
        service: DeployService,
        quotas: Quotas | None = None,
        restrictions: RestrictionStore | None = None,
    ) -> None:
        self._restrictions = restrictions
        self._live = live
        self._quotas = quotas
        self._objects = ObjectAccess(database, nodes.authorize)
        self._requests = DeploymentRequests(models, modules, nodes)
        self.service = service
        self.tokens = DeploymentTokens(service)
        self.versions = DeploymentVersions(service, self._requests, self._objects, quotas, restrictions)

    @property
    def proxy(self) -> Proxy:
        """The proxy that forwards calls to the replicas."""
        return self.service.proxy

    async def create(self, body: Mapping[str, Any], identity: Identity = OWNER) -> dict[str, Any]:
        """Deploy a model.

        Parameters
        ----------
        body
            ``{"name"?, "model" | "job" | "module", "node"? | "nodes"?, "resources"?, "scaling"?,
            "access"?, "project"?}``: a model by its id, or the one that a job made, or the one that a
            module's image brings itself.

        Raises
        ------
        Invalid
            With the fields that are wrong.
        Conflict
            If the name is taken.
        NotFound
            If there is no such model, job or module.
        QuotaExceeded
            If a quota does not allow it.
        """
        project = body.get("project") or None
        require_member(identity, project)
        await require_sources(self._objects, body, identity)
        resources = resources_of(body)
        version = await self._requests.version(body, resources)
        await self._require_module(version.module, identity)
        with translated("name"):
            deployment = Deployment(
                name=str(body.get("name") or suggested_name(version)),
                nodes=self._requests.nodes(body, resources, identity, modules=[version.module]),
                created=clock.now(),
                versions=(version,),
                scaling=scaling_of(body, Scaling()),
                access=access_of(body, Access.PUBLIC),
                owner=identity.user,
                visibility=Visibility.PROJECT if project else Visibility.PRIVATE,
                project=project,
            )
            allow = await allowance(self._quotas, ownership_of(deployment))
            await self.service.create(deployment, allow)
        return self.get(deployment.name)

    async def _require_module(self, module: str, identity: Identity) -> None:
        if self._restrictions is not None:
            await self._restrictions.require(module, identity)

    def list(self, identity: Identity) -> builtins.list[dict[str, Any]]:
        """Return the deployments that an identity may see, as JSON, by name."""
        return [
            deployment_json(deployment, status)
            for deployment, status in self.service.all()
            if sees(identity, ownership_of(deployment))
        ]

    async def listing(self, identity: Identity) -> builtins.list[dict[str, Any]]:
        """Return the deployments that an identity may see, by name, with the usage of the ``last_hour``."""
        last_hour = await self.service.usage.lately()
        nothing = summary(Counters())
        return [{**one, "last_hour": last_hour.get(one["name"], nothing)} for one in self.list(identity)]

    def get(self, name: str, identity: Identity = SYSTEM) -> dict[str, Any]:
        """Return a deployment as JSON; `NotFound` where there is none that the identity may see."""
        required(self.service, name, identity, Action.READ)
        return deployment_json(*self.service.get(name))

    def _require(self, name: str, identity: Identity, action: Action = Action.CHANGE) -> Deployment:
        return required(self.service, name, identity, action)

    async def enable(self, name: str, *, enabled: bool, identity: Identity = SYSTEM) -> dict[str, Any]:
        """Enable or disable a deployment.

        Parameters
        ----------
        name : str
            The deployment.
        enabled : bool
            Whether it is to answer calls; a disabled one has no replicas.
        identity : Identity
            Who changes it.

        Returns
        -------
        dict
            The deployment as JSON.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the deployment; if it may see it, but not change it.
        """
        self._require(name, identity)
        return await change(
            self.service, name, lambda one: replace(one, enabled=enabled), "enabled", self._quotas
        )

    async def set(self, name: str, body: Mapping[str, Any], identity: Identity = SYSTEM) -> dict[str, Any]:
        """Change scaling, access or nodes of a deployment.

        Parameters
        ----------
        name
            The deployment.
        body
            ``{"scaling"?, "access"?, "nodes"?}``; fields that it does not name keep their value.
        identity
            Who changes it; must see the nodes that `body` names.

        Raises
        ------
        Invalid, NotFound
            With the fields that are wrong; if there is no such deployment.
        """
        before = self._require(name, identity)
        await require_sources(self._objects, body, identity)
        resources = Resources.from_json(before.version().resources)
        modules = [version.module for version in before.versions]
        named = body.get("nodes")
        nodes = self._requests.nodes(body, resources, identity, modules=modules) if named else before.nodes

        def edited(one: Deployment) -> Deployment:
            scaling, access = scaling_of(body, one.scaling), access_of(body, one.access)
            return replace(one, scaling=scaling, access=access, nodes=nodes)

        return await change(self.service, name, edited, "scaling", self._quotas)

    async def delete(self, name: str, identity: Identity = SYSTEM) -> None:
        """Delete a deployment; its replicas finish their requests. `NotFound`."""
        self._require(name, identity, Action.DELETE)
        with translated("name"):
            await self.service.delete(name)

    async def log(self, name: str, lines: int = 200, identity: Identity = SYSTEM) -> str:
        """Return the end of the log of a deployment's replica.

        Parameters
        ----------
        name : str
            The deployment.
        lines : int
            The most lines.
        identity : Identity
            Who reads it.

        Returns
        -------
        str
            The lines; empty where no replica has written any.

        Raises
        ------
        NotFound
            If there is no deployment that the identity may see.
        Denied
            If the identity may see it, but not change it: a module may write anything into its log.
        """
        self._require(name, identity)
        with translated("name"):
            return await self.service.log_tail(name, lines)

    async def predictions(self, name: str, identity: Identity) -> builtins.list[dict[str, Any]]:
        """Return the newest asynchronous predictions of a deployment; `NotFound`.

        Who may change the deployment gets all, others those that they requested.
        """
        self._require(name, identity, Action.READ)
        caller = None if self.owned_by(name, identity) else f"user {identity.user}"
        return [one.to_json() for one in await self.service.predictions.of(name, caller)]

    async def usage(self, name: str, hours: int = 24, identity: Identity = SYSTEM) -> dict[str, Any]:
        """Return the usage of a deployment.

        Parameters
        ----------
        name : str
            The deployment.
        hours : int
            The time that is counted, up to now.
        identity : Identity
            Who reads it.

        Returns
        -------
        dict
            ``name``, ``hours``, and the figures of `deploy.access.usage.Usage.of`.

        Raises
        ------
        NotFound
            If there is no deployment that the identity may see.
        """
        self._require(name, identity, Action.READ)
        await self.service.usage.write()
        return {"name": name, "hours": hours, **await self.service.usage.of(name, hours * 60)}

    def owned_by(self, name: str, identity: Identity) -> bool:
        """Return whether an identity may change a deployment; False where there is none of that name."""
        return owned_by(self.service, name, identity)

    def on_node(self, node: str) -> builtins.list[str]:
        """Return the deployments that name a node, as text."""
        return [f"deployment {one['name']}" for one in self.list(SYSTEM) if node in one["nodes"]]

    def publish(self, name: str) -> None:
        """Publish the state of a deployment, or that it was deleted."""
        try:
            data = self.get(name)
            ownership = ownership_of(self.service.get(name)[0])
        except NotFound:
            data, ownership = {"name": name, "state": "deleted"}, None
        self._live.publish("deployments", "state", data, ownership)
        self._live.publish(f"deployment:{name}", "state", data)

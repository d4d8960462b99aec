"""What handlers call: deployments made, changed, shown and taken off the air."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.base import clock
from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound, ServiceError
from dashboard.base.events import Live
from dashboard.base.resources import Resources
from dashboard.deployments.presentation import deployment_json
from dashboard.deployments.request import (
    OF_VERSION,
    DeploymentRequests,
    access_of,
    refuse_unknown,
    resources_of,
    scaling_of,
    suggested_name,
    whole_number,
)
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.registry import Nodes
from deploy.access.tokens import Scope
from deploy.access.usage import Counters, summary
from deploy.deferred.record import PredictionLimits
from deploy.gateway.proxy import Proxy
from deploy.model.deployment import (
    Access,
    Deployment,
    DeploymentError,
    NameTaken,
    Scaling,
    UnknownDeployment,
)
from deploy.model.rollout import promoted, rolled_back, with_canary, with_version
from deploy.model.store import Database
from deploy.service import DeployService

MOST_DAYS = 3650
MOST_HOURS = 168


class Deployments:
    """Makes deployments of models and modules, changes and lists them.

    Parameters
    ----------
    database, models, modules, nodes, live
        The platform's.
    folder
        Working folders of the replicas go below it.
    owner
        The platform's label on its containers.
    limits
        Of predictions that nobody waits for.
    """

    def __init__(
        self,
        database: Database,
        *,
        models: ModelStore,
        modules: Modules,
        nodes: Nodes,
        live: Live,
        folder: Path,
        owner: str,
        limits: PredictionLimits = PredictionLimits(),  # noqa: B008 - cannot be changed
    ) -> None:
        self._nodes = nodes
        self._live = live
        self._wishes = DeploymentRequests(models, modules, nodes)
        self.service = DeployService(
            database,
            self._launcher_of,
            folder,
            owner,
            self._changed,
            limits=limits,
            accepts=nodes.accepts,
        )
        models.deployed = self.service.store.of_model

    @property
    def proxy(self) -> Proxy:
        """Hands calls on to the replicas."""
        return self.service.proxy

    async def start(self) -> None:
        """Take up what should be on the air."""
        await self.service.start()

    async def stop(self) -> None:
        """Stop the replicas, as nobody could reach them; they come back at the next start."""
        await self.service.close(stop_replicas=True)

    async def create(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Put a model on the air.

        Parameters
        ----------
        wish
            ``{"name"?, "model" | "job" | "module", "node"? | "nodes"?, "resources"?, "scaling"?,
            "access"?}``: a model by its id, or the one that a job made, or the one that a module's
            image brings itself.

        Raises
        ------
        Invalid
            With the fields that are wrong.
        Conflict
            If the name is taken.
        NotFound
            If there is no such model, job or module.
        """
        refuse_unknown(wish, OF_VERSION | {"name", "node", "nodes", "scaling", "access"})
        resources = resources_of(wish)
        version = await self._wishes.version(wish, resources)
        with _told("name"):
            deployment = Deployment(
                name=str(wish.get("name") or suggested_name(version)),
                nodes=self._wishes.nodes(wish, resources),
                created=clock.now(),
                versions=(version,),
                scaling=scaling_of(wish, Scaling()),
                access=access_of(wish, Access.PUBLIC),
            )
            await self.service.create(deployment)
        return self.get(deployment.name)

    def list(self) -> builtins.list[dict[str, Any]]:
        """Return all, by name."""
        return [deployment_json(deployment, status) for deployment, status in self.service.all()]

    async def listing(self) -> builtins.list[dict[str, Any]]:
        """Return all, by name, each with what was asked of it in the last hour as ``last_hour``."""
        last_hour = await self.service.usage.lately()
        nothing = summary(Counters())
        return [{**one, "last_hour": last_hour.get(one["name"], nothing)} for one in self.list()]

    def get(self, name: str) -> dict[str, Any]:
        """Return one; `NotFound`."""
        with _told("name"):
            return deployment_json(*self.service.get(name))

    async def enable(self, name: str, *, enabled: bool) -> dict[str, Any]:
        """Put one on the air or take it off; `NotFound`."""
        return await self._change(name, lambda one: replace(one, enabled=enabled), "enabled")

    async def set(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Change ``{"scaling"?, "access"?, "nodes"?}``; `Invalid`, `NotFound`."""
        refuse_unknown(wish, {"scaling", "access", "nodes"})
        self.get(name)
        before = self.service.get(name)[0]
        resources = Resources.from_json(before.version().resources)
        nodes = self._wishes.nodes(wish, resources) if wish.get("nodes") else before.nodes

        def change(one: Deployment) -> Deployment:
            scaling, access = scaling_of(wish, one.scaling), access_of(wish, one.access)
            return replace(one, scaling=scaling, access=access, nodes=nodes)

        return await self._change(name, change, "scaling")

    async def add_version(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Add a version, ``{"model" | "job" | "module", "resources"?, "share"?}``.

        With a share of 100 (the default) it takes over as soon as it is ready; with less it is on trial with
        that part of the requests. `Invalid`, `NotFound`.
        """
        refuse_unknown(wish, OF_VERSION | {"share"})
        self.get(name)
        share = whole_number(wish, "share", 0, 100, 100) or 0
        before = Resources.from_json(self.service.get(name)[0].version().resources)
        version = await self._wishes.version(wish, resources_of(wish, before))
        return await self._change(name, lambda one: with_version(one, version, share), "share")

    async def set_canary(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Give a version a share of the requests, ``{"version"?, "share"}``; `Invalid`, `NotFound`."""
        refuse_unknown(wish, {"version", "share"})
        self.get(name)
        share = whole_number(wish, "share", 0, 100)
        if share is None:
            raise Invalid("Say which share.", [FieldError("share", "must be from 0 to 100")])
        number = whole_number(wish, "version", 1, 2**31, self.service.get(name)[0].canary)
        if number is None:
            raise Invalid("Say which version.", [FieldError("version", "no version is on trial")])
        return await self._change(name, lambda one: with_canary(one, number, share), "version")

    async def promote(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Make a version the stable one, ``{"version"?}``: the one on trial; `Invalid`, `NotFound`."""
        refuse_unknown(wish, {"version"})
        number = whole_number(wish, "version", 1, 2**31)
        return await self._change(name, lambda one: promoted(one, number), "version")

    async def roll_back(self, name: str) -> dict[str, Any]:
        """End a trial, or go back to what was stable before; `Invalid`, `NotFound`."""
        return await self._change(name, rolled_back, "version")

    async def delete(self, name: str) -> None:
        """Take one off the air and forget it; it finishes what it has. `NotFound`."""
        with _told("name"):
            await self.service.delete(name)

    async def log(self, name: str, lines: int = 200) -> str:
        """Return the last lines that a replica of it wrote; `NotFound`."""
        with _told("name"):
            return await self.service.log_tail(name, lines)

    def tokens(self, name: str) -> builtins.list[dict[str, Any]]:
        """Return its tokens, without their secrets; `NotFound`."""
        self.get(name)
        return [token.to_json() for token in self.service.authorizer.tokens if token.deployment == name]

    async def make_token(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Make a token, ``{"title", "scope"?, "days"?, "rate"?, "quota"?}``.

        Returns
        -------
        dict
            The token and, this once, its ``secret``.

        Raises
        ------
        Invalid, NotFound
            With the fields that are wrong.
        """
        refuse_unknown(wish, {"title", "scope", "days", "rate", "quota"})
        days = whole_number(wish, "days", 1, MOST_DAYS)
        rate, quota = (whole_number(wish, limit, 1, 2**31 - 1) for limit in ("rate", "quota"))
        try:
            scope = Scope(wish.get("scope") or Scope.PREDICT)
        except ValueError as error:
            text = f"must be one of {', '.join(Scope)}"
            raise Invalid(f"scope {text}.", [FieldError("scope", text)]) from error
        expires = None if days is None else clock.after(days * 86_400)
        with _told("title"):
            token, secret = await self.service.tokens.make(
                name, str(wish.get("title") or ""), scope, expires=expires, rate=rate, quota=quota
            )
            await self.service.refresh()
        return {**token.to_json(), "secret": secret}

    async def delete_token(self, name: str, token: str) -> None:
        """Revoke a token; `NotFound`."""
        try:
            await self.service.tokens.delete(name, token)
        except DeploymentError as error:
            raise NotFound(str(error)) from error
        await self.service.refresh()

    async def usage(self, name: str, hours: int = 24) -> dict[str, Any]:
        """Return what was asked of it in the last `hours`; see `deploy.access.usage.Usage.of`. `NotFound`."""
        self.get(name)
        await self.service.usage.write()
        return {"name": name, "hours": hours, **await self.service.usage.of(name, hours * 60)}

    async def _change(
        self, name: str, change: Callable[[Deployment], Deployment], field: str
    ) -> dict[str, Any]:
        with _told(field):
            await self.service.change(name, change)
        return self.get(name)

    def _launcher_of(self, node: str) -> Any:
        try:
            return self._nodes.launcher(node)
        except ServiceError as error:
            raise LookupError(str(error)) from error

    def _changed(self, name: str) -> None:
        try:
            data = self.get(name)
        except NotFound:
            data = {"name": name, "state": "deleted"}
        self._live.publish("deployments", "state", data)
        self._live.publish(f"deployment:{name}", "state", data)


@contextmanager
def _told(field: str) -> Iterator[None]:
    """Say the deploy service's errors as the platform's, about a field of the wish."""
    try:
        yield
    except UnknownDeployment as error:
        raise NotFound(str(error)) from error
    except NameTaken as error:
        raise Conflict(str(error), [FieldError("name", str(error))]) from error
    except DeploymentError as error:
        raise Invalid(str(error), [FieldError(field, str(error))]) from error

"""The deploy service: deployments by name, each with its keeper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp

from deploy.deployment import Deployment, DeploymentError, Situation, UnknownDeployment
from deploy.keeper import Keeper
from deploy.proxy import Proxy
from deploy.store import DeploymentStore
from launchers.base import Launcher


class DeployService:
    """Makes, keeps, lists and removes deployments, and hands calls on to their replicas.

    Parameters
    ----------
    store
        Where deployments are kept.
    launcher_of
        From a node's name to its launcher; raises `LookupError` for an unknown node.
    folder
        Working folders of the replicas go below it.
    owner
        The platform's label on its containers.
    changed
        Called with a deployment's name after every change of its situation.
    """

    def __init__(
        self,
        store: DeploymentStore,
        launcher_of: Callable[[str], Launcher],
        folder: Path,
        owner: str = "",
        changed: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.store = store
        self.proxy = Proxy(self)
        self._launcher_of = launcher_of
        self._folder = folder
        self._owner = owner
        self._changed = changed
        self._keepers: dict[str, Keeper] = {}
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Read the deployments and take up those that should be on the air."""
        self._session = aiohttp.ClientSession()
        await self.proxy.start()
        for deployment in await self.store.all():
            self._keep(deployment)

    async def close(self, *, stop_replicas: bool = False) -> None:
        """Stop watching; replicas run on, to be found again at the next start, unless they shall stop too."""
        keepers = self._keepers.values()
        await asyncio.gather(*(keeper.stop() if stop_replicas else keeper.detach() for keeper in keepers))
        self._keepers.clear()
        await self.proxy.close()
        if self._session is not None:
            await self._session.close()

    async def create(self, deployment: Deployment) -> None:
        """Put a new deployment on the air; raises `NameTaken`, `DeploymentError`."""
        try:
            self._launcher_of(deployment.node)
        except LookupError as error:
            raise DeploymentError(f"there is no node named {deployment.node!r}") from error
        await self.store.add(deployment)
        self._keep(deployment)

    async def delete(self, name: str) -> None:
        """Take a deployment off the air and forget it; raises `UnknownDeployment`."""
        keeper = self._keeper(name)
        await keeper.stop()
        await self.store.delete(name)
        del self._keepers[name]

    async def enable(self, name: str, enabled: bool) -> None:
        """Put a deployment on the air or take it off; raises `UnknownDeployment`."""
        keeper = self._keeper(name)
        await self.store.enable(name, enabled)
        keeper.deployment = replace(keeper.deployment, enabled=enabled)
        if enabled:
            keeper.start()
        else:
            await keeper.stop()

    def all(self) -> list[tuple[Deployment, Situation]]:
        """Return every deployment and how it is, by name."""
        return [(keeper.deployment, keeper.situation) for _, keeper in sorted(self._keepers.items())]

    def get(self, name: str) -> tuple[Deployment, Situation]:
        """Return one deployment and how it is; raises `UnknownDeployment`."""
        keeper = self._keeper(name)
        return keeper.deployment, keeper.situation

    async def address(self, name: str, wait_s: float) -> str | None:
        """Return where a replica listens, or None when none was ready in time; raises `UnknownDeployment`."""
        return await self._keeper(name).address(wait_s)

    async def log_tail(self, name: str, lines: int = 200) -> str:
        """Return the last lines of the replica's log; raises `UnknownDeployment`."""
        return await self._keeper(name).log_tail(lines)

    def _keeper(self, name: str) -> Keeper:
        try:
            return self._keepers[name]
        except KeyError:
            raise UnknownDeployment(f"there is no deployment named {name!r}") from None

    def _keep(self, deployment: Deployment) -> None:
        if self._session is None:
            raise RuntimeError("the deploy service has not been started")
        keeper = Keeper(
            deployment,
            partial(self._launcher_of, deployment.node),
            folder=self._folder / deployment.name,
            session=self._session,
            owner=self._owner,
            changed=self._changed,
        )
        self._keepers[deployment.name] = keeper
        if deployment.enabled:
            keeper.start()

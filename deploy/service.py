"""The deploy service: composes storage, controllers, the proxy and asynchronous predictions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from deploy.access.address import AddressRates, CallerAddresses
from deploy.access.authorization import Authorizer
from deploy.access.tokens import TokenStore
from deploy.access.usage import Usage
from deploy.control.controller import DeploymentController
from deploy.control.controllers import DeploymentControllers
from deploy.control.node_placement import NodePlacement
from deploy.deferred.record import PredictionLimits
from deploy.deferred.service import PredictionService
from deploy.gateway.proxy import Proxy
from deploy.model.deployment import Deployment
from deploy.model.status import DeploymentStatus
from deploy.model.store import Allow, Database, DeploymentStore, anything
from launchers.base import Launcher, LaunchError

log = logging.getLogger(__name__)

FOLLOW_EVERY_S = 1.0  # between two queries of the revision
WRITE_EVERY = 5  # of those queries: usage is written
SWEEP_EVERY = 60  # of those queries: unknown containers are removed
STOP_WITHIN_S = 5.0  # for the query in progress


class DeployService:
    """Creates, runs, lists and deletes deployments, and forwards calls to their replicas.

    The desired state is in the database, which several services may follow; each runs replicas of its own.
    While the database is unavailable, the last known state is served.

    Parameters
    ----------
    database
        The platform's.
    launcher_of
        Maps the name of a node to its launcher; raises `LookupError` for an unknown node.
    folder
        Parent of the working folders of the replicas.
    owner
        Label of this service's containers, unique among all services.
    changed
        Called with the name of a deployment after every change of its status.
    limits
        Limits of asynchronous predictions, whose files are beside `folder`, in ``predictions``.
    accepts
        Returns whether a new replica may be placed on a node; running replicas stay.
    addresses
        Tells the address of a caller without a token.
    anonymous_rate
        Requests a minute of one address without a token; 0: no limit.
    """

    def __init__(
        self,
        database: Database,
        launcher_of: Callable[[str], Launcher],
        folder: Path,
        owner: str = "",
        changed: Callable[[str], None] = lambda _name: None,
        *,
        limits: PredictionLimits = PredictionLimits(),  # noqa: B008 - cannot be changed
        accepts: Callable[[str], bool] = lambda _node: True,
        addresses: CallerAddresses | None = None,
        anonymous_rate: int = 0,
    ) -> None:
        self.store = DeploymentStore(database)
        self.tokens = TokenStore(database)
        self.usage = Usage(database)
        self.authorizer = Authorizer(addresses, AddressRates(anonymous_rate))
        self._controllers = DeploymentControllers(folder, changed)
        self.proxy = Proxy(self._controllers, self.authorizer, self.usage)
        self.predictions = PredictionService(
            self._controllers,
            self.usage,
            database,
            folder=folder.with_name("predictions") / (owner or "alone"),
            gateway=owner,
            limits=limits,
            changed=changed,
        )
        self.database_error = ""  # why the database is unavailable; "" while it is available
        self._placement = NodePlacement(launcher_of, accepts, owner)
        self._folder = folder
        self._revision = -1
        self._reloading = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._following: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Read the deployments, adopt their running replicas, remove other containers, and follow changes."""
        self._session = aiohttp.ClientSession()
        self._controllers.start(self._placement.context(self._folder, self._session, self._place))
        await self.proxy.start()
        await self._reload(first=True)
        await self.sweep()
        await self.predictions.start()
        self._following = asyncio.create_task(self._follow(), name="deployments")

    async def stop(self) -> None:
        """Stop the service with its replicas; they start again at the next start."""
        await self.close(stop_replicas=True)

    async def close(self, *, stop_replicas: bool = False) -> None:
        """Stop the service.

        Parameters
        ----------
        stop_replicas
            Whether to stop the replicas too; else they run on and are adopted at the next start.
        """
        self._stopping.set()
        if self._following is not None:
            # Cancelled only if a node does not answer: a cancelled transaction keeps SQLite locked.
            await asyncio.wait([self._following], timeout=STOP_WITHIN_S)
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self.predictions.close()
        await self._controllers.close(stop_replicas=stop_replicas)
        with contextlib.suppress(SQLAlchemyError, OSError):
            await self.usage.write()
        await self.proxy.close()
        if self._session is not None:
            await self._session.close()

    async def create(self, deployment: Deployment, allow: Allow = anything) -> None:
        """Add a deployment and start it.

        Parameters
        ----------
        deployment
            The deployment.
        allow
            See `DeploymentStore.add`.

        Raises
        ------
        NameTaken
            If there is a deployment of that name.
        DeploymentError
            If it names an unknown node.
        """
        self._placement.require(deployment)
        await self.store.add(deployment, allow)
        await self._reload()

    async def change(
        self, name: str, change: Callable[[Deployment], Deployment], allow: Allow = anything
    ) -> Deployment:
        """Change a deployment without interrupting its requests.

        Parameters
        ----------
        name
            The deployment.
        change
            Returns the changed deployment, such as a function of `deploy.model.rollout`.
        allow
            See `DeploymentStore.change`.

        Returns
        -------
        Deployment
            The changed deployment.

        Raises
        ------
        UnknownDeployment
            If there is no such deployment.
        DeploymentError
            If the change is not valid.
        """

        def checked(before: Deployment) -> Deployment:
            after = change(before)
            self._placement.require(after)
            return after

        changed = await self.store.change(name, checked, allow)
        await self._reload()
        return changed

    async def enable(self, name: str, enabled: bool) -> None:
        """Enable or disable a deployment; raises `UnknownDeployment`."""
        await self.change(name, lambda deployment: replace(deployment, enabled=enabled))

    async def delete(self, name: str) -> None:
        """Delete a deployment; its replicas finish their requests. Raises `UnknownDeployment`."""
        await self.store.delete(name)
        await self._reload()

    def all(self) -> list[tuple[Deployment, DeploymentStatus]]:
        """Return every deployment with its status, by name."""
        return [(controller.deployment, controller.status) for controller in self._controllers.all()]

    def get(self, name: str) -> tuple[Deployment, DeploymentStatus]:
        """Return a deployment and its status; raises `UnknownDeployment`."""
        controller = self.controller(name)
        return controller.deployment, controller.status

    def controller(self, name: str) -> DeploymentController:
        """Return the controller of a deployment; raises `UnknownDeployment`."""
        return self._controllers.get(name)

    async def log_tail(self, name: str, lines: int = 200) -> str:
        """Return the last lines of a replica's log, or why there is none; raises `UnknownDeployment`."""
        try:
            return await self.controller(name).logs(lines)
        except (LaunchError, LookupError) as error:
            return f"(the log cannot be read: {error})"

    async def refresh(self) -> None:
        """Read deployments and tokens again, after a change that another object made."""
        await self._reload()

    async def sweep(self) -> None:
        """Remove containers of this service that belong to no replica, such as after a crash."""
        deployments = [controller.deployment for controller in self._controllers.all()]
        await self._placement.sweep(deployments, self._controllers.replicas())

    async def _reload(self, *, first: bool = False) -> None:
        async with self._reloading:
            revision, desired = await self.store.all()
            self.authorizer.set_tokens(await self.tokens.all())
            running = await self._placement.running(desired) if first else {}
            self._controllers.apply(desired, fresh=not first, running=running)
            self._revision = revision

    async def _follow(self) -> None:
        query = 0
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_EVERY_S):
                    await self._stopping.wait()
            query += 1
            try:
                if await self.store.revision() != self._revision:
                    await self._reload()
                if query % WRITE_EVERY == 0:
                    await self.usage.write()
                    self.authorizer.count(await self.usage.made_today())
                self.database_error = ""
            except (SQLAlchemyError, OSError) as error:
                if not self.database_error:
                    log.warning("the database is unavailable, serving the last known state: %s", error)
                self.database_error = str(error)
            except Exception:  # the loop must survive any exception of a driver
                log.exception("following the deployments failed; retrying")
            if query % SWEEP_EVERY == 0:
                await self.sweep()

    def _place(self, deployment: Deployment, failed_on: frozenset[str]) -> str:
        return self._placement.choose(deployment, self._controllers.nodes_of(deployment.name), failed_on)

"""The deploy service: what is wanted, read from the database; a keeper for each deployment; the way in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

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
from deploy.model.store import Database, DeploymentStore
from launchers.base import Launcher, LaunchError

log = logging.getLogger(__name__)

FOLLOW_EVERY_S = 1.0  # how soon another gateway's change is seen
WRITE_EVERY = 5  # of those looks: usage is written
SWEEP_EVERY = 60  # of those looks: containers that nobody knows are removed
STOP_WITHIN_S = 5.0  # the look that is under way may end


class DeployService:
    """Makes, keeps, lists and removes deployments, and hands calls on to their replicas.

    What is wanted lies in the database and is followed from there, so that several services may run on one;
    each has replicas of its own. While the database is away, what is known goes on being served.

    Parameters
    ----------
    database
        The platform's.
    launcher_of
        From a node's name to its launcher; raises `LookupError` for an unknown node.
    folder
        Working folders of the replicas go below it.
    owner
        The label on this service's containers, of no other one's.
    changed
        Called with a deployment's name after every change of its status.
    limits
        Of asynchronous predictions; they are kept beside `folder`, in ``predictions``.
    accepts
        Whether something new may be put on a node; what runs there stays.
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
    ) -> None:
        self.store = DeploymentStore(database)
        self.tokens = TokenStore(database)
        self.usage = Usage(database)
        self.authorizer = Authorizer()
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
        self.database_error = ""  # why the database cannot be read just now
        self._placement = NodePlacement(launcher_of, accepts, owner)
        self._folder = folder
        self._revision = -1
        self._reloading = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._following: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Read the deployments, take up what runs of them, remove what runs of none, and follow changes."""
        self._session = aiohttp.ClientSession()
        self._controllers.start(self._placement.context(self._folder, self._session, self._place))
        await self.proxy.start()
        await self._reload(first=True)
        await self.sweep()
        await self.predictions.start()
        self._following = asyncio.create_task(self._follow(), name="deployments")

    async def close(self, *, stop_replicas: bool = False) -> None:
        """Stop watching; replicas run on, to be found again at the next start, unless they shall stop too."""
        self._stopping.set()
        if self._following is not None:
            # Cancelled only where a node does not answer: a transaction broken off keeps SQLite locked.
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

    async def create(self, deployment: Deployment) -> None:
        """Put a new deployment on the air; raises `NameTaken`, `DeploymentError`."""
        self._placement.require(deployment)
        await self.store.add(deployment)
        await self._reload()

    async def change(self, name: str, change: Callable[[Deployment], Deployment]) -> Deployment:
        """Change a deployment; requests go on without a break.

        Parameters
        ----------
        change
            Such as those of `deploy.model.rollout`.

        Raises
        ------
        UnknownDeployment
            If there is none.
        DeploymentError
            If it cannot be changed so.
        """

        def checked(before: Deployment) -> Deployment:
            after = change(before)
            self._placement.require(after)
            return after

        changed = await self.store.change(name, checked)
        await self._reload()
        return changed

    async def enable(self, name: str, enabled: bool) -> None:
        """Put a deployment on the air or take it off; raises `UnknownDeployment`."""
        await self.change(name, lambda deployment: replace(deployment, enabled=enabled))

    async def delete(self, name: str) -> None:
        """Forget a deployment; its replicas finish what they have. Raises `UnknownDeployment`."""
        await self.store.delete(name)
        await self._reload()

    def all(self) -> list[tuple[Deployment, DeploymentStatus]]:
        """Return every deployment and how it is, by name."""
        return [(controller.deployment, controller.status) for controller in self._controllers.all()]

    def get(self, name: str) -> tuple[Deployment, DeploymentStatus]:
        """Return one deployment and how it is; raises `UnknownDeployment`."""
        controller = self.controller(name)
        return controller.deployment, controller.status

    def controller(self, name: str) -> DeploymentController:
        """Return who keeps a deployment; raises `UnknownDeployment`."""
        return self._controllers.get(name)

    async def log_tail(self, name: str, lines: int = 200) -> str:
        """Return the last lines of a replica's log; raises `UnknownDeployment`."""
        try:
            return await self.controller(name).logs(lines)
        except (LaunchError, LookupError) as error:
            return f"(the log cannot be read: {error})"

    async def refresh(self) -> None:
        """Read deployments and tokens anew: something was changed beside this object."""
        await self._reload()

    async def sweep(self) -> None:
        """Remove containers of this service that nothing needs: of a crash, or of a node that was down."""
        deployments = [controller.deployment for controller in self._controllers.all()]
        await self._placement.sweep(deployments, self._controllers.replicas())

    async def _reload(self, *, first: bool = False) -> None:
        async with self._reloading:
            revision, wanted = await self.store.all()
            self.authorizer.set_tokens(await self.tokens.all())
            running = await self._placement.running(wanted) if first else {}
            self._controllers.apply(wanted, fresh=not first, running=running)
            self._revision = revision

    async def _follow(self) -> None:
        look = 0
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_EVERY_S):
                    await self._stopping.wait()
            look += 1
            try:
                if await self.store.revision() != self._revision:
                    await self._reload()
                if look % WRITE_EVERY == 0:
                    await self.usage.write()
                    self.authorizer.count(await self.usage.made_today())
                self.database_error = ""
            except (SQLAlchemyError, OSError) as error:
                if not self.database_error:
                    log.warning("the database does not answer, serving what is known: %s", error)
                self.database_error = str(error)
            except Exception:  # the loop must outlive whatever a driver may raise
                log.exception("following the deployments failed; trying again")
            if look % SWEEP_EVERY == 0:
                await self.sweep()

    def _place(self, deployment: Deployment, failed_on: frozenset[str]) -> str:
        return self._placement.choose(deployment, self._controllers.nodes_of(deployment.name), failed_on)

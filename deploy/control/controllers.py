"""The controllers of all deployments: created, updated and closed as the deployments change."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.control.context import ReplicaContext
from deploy.control.controller import DeploymentController
from deploy.model.deployment import Deployment, UnknownDeployment


class DeploymentControllers:
    """One controller per deployment; that of a deleted deployment stays until its replicas have ended.

    Parameters
    ----------
    folder
        Parent of the working folders of the replicas, one for each deployment.
    changed
        Called with the name of a deployment after every change of its status.
    """

    def __init__(self, folder: Path, changed: Callable[[str], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._context: ReplicaContext | None = None
        self._controllers: dict[str, DeploymentController] = {}
        self._removing: dict[asyncio.Task[None], DeploymentController] = {}

    def start(self, context: ReplicaContext) -> None:
        """Set what replicas need of the service; no controller can be created before."""
        self._context = context

    def get(self, name: str) -> DeploymentController:
        """Return the controller of a deployment.

        Parameters
        ----------
        name : str
            The deployment's name.

        Returns
        -------
        DeploymentController
            The one that runs here.

        Raises
        ------
        UnknownDeployment
            If there is no deployment of that name.
        """
        try:
            return self._controllers[name]
        except KeyError:
            raise UnknownDeployment(f"there is no deployment named {name!r}") from None

    def all(self) -> list[DeploymentController]:
        """Return the controllers of the present deployments, by name."""
        return [controller for _, controller in sorted(self._controllers.items())]

    def nodes_of(self, name: str) -> Counter[str]:
        """Return the number of replicas of a deployment on each node."""
        controller = self._controllers.get(name)
        return Counter(replica.node for replica in controller.replicas) if controller else Counter[str]()

    def replicas(self) -> dict[str, str]:
        """Return the node of each replica by its name, including those of deleted deployments."""
        return {replica.name: replica.node for controller in self._all() for replica in controller.replicas}

    def apply(self, desired: Sequence[Deployment], *, fresh: bool, running: Mapping[str, str]) -> None:
        """Make the controllers match the desired deployments: create, update and close them.

        Parameters
        ----------
        desired
            All deployments.
        fresh, running
            Passed to each `DeploymentController` that is created.
        """
        for deployment in desired:
            controller = self._controllers.get(deployment.name)
            if controller is not None and controller.deployment.created != deployment.created:
                self._remove(deployment.name)  # deleted, and created again under its name
                controller = None
            if controller is None:
                self._create(deployment, fresh=fresh, running=running)
            elif controller.deployment != deployment:
                controller.apply(deployment)
        for name in self._controllers.keys() - {deployment.name for deployment in desired}:
            self._remove(name)

    async def close(self, *, stop_replicas: bool) -> None:
        """Close all controllers; the replicas run on unless `stop_replicas`."""
        for task in self._removing:
            task.cancel()
        await asyncio.gather(*self._removing, return_exceptions=True)
        await asyncio.gather(
            *(one.close(drain=False) if stop_replicas else one.detach() for one in self._all())
        )
        self._controllers.clear()

    def _all(self) -> list[DeploymentController]:
        return [*self._controllers.values(), *self._removing.values()]

    def _create(self, deployment: Deployment, *, fresh: bool, running: Mapping[str, str]) -> None:
        if self._context is None:
            raise RuntimeError("the deploy service has not been started")
        self._controllers[deployment.name] = DeploymentController(
            deployment, self._context, self._changed, fresh=fresh, running=running
        )
        self._changed(deployment.name)

    def _remove(self, name: str) -> None:
        controller = self._controllers.pop(name)
        task = asyncio.create_task(self._close(controller), name=f"removal of {name}")
        self._removing[task] = controller
        task.add_done_callback(self._removing.pop)
        self._changed(name)

    async def _close(self, controller: DeploymentController) -> None:
        await controller.close(drain=True)
        folder = self._folder / controller.deployment.name
        if controller.deployment.name not in self._controllers:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

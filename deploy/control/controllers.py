"""The keepers of all deployments: made, changed and let go as the deployments are read."""

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
    """A keeper for each deployment; those of deleted ones stay until their replicas have ended.

    Parameters
    ----------
    folder
        Working folders of the replicas go below it, one for each deployment.
    changed
        Called with a deployment's name after every change of its status.
    """

    def __init__(self, folder: Path, changed: Callable[[str], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._context: ReplicaContext | None = None
        self._kept: dict[str, DeploymentController] = {}
        self._leaving: dict[asyncio.Task[None], DeploymentController] = {}

    def start(self, context: ReplicaContext) -> None:
        """Take what replicas need of the service around them; before, no keeper can be made."""
        self._context = context

    def get(self, name: str) -> DeploymentController:
        """Return who keeps a deployment; raises `UnknownDeployment`."""
        try:
            return self._kept[name]
        except KeyError:
            raise UnknownDeployment(f"there is no deployment named {name!r}") from None

    def all(self) -> list[DeploymentController]:
        """Return those of the deployments that there are, by name."""
        return [controller for _, controller in sorted(self._kept.items())]

    def nodes_of(self, name: str) -> Counter[str]:
        """Return how many replicas of a deployment each node has."""
        controller = self._kept.get(name)
        return Counter(replica.node for replica in controller.replicas) if controller else Counter[str]()

    def replicas(self) -> dict[str, str]:
        """Return all replicas, also of deployments that go: name to node."""
        return {replica.name: replica.node for controller in self._all() for replica in controller.replicas}

    def apply(self, wanted: Sequence[Deployment], *, fresh: bool, running: Mapping[str, str]) -> None:
        """Have a keeper for each deployment that is wanted, as it is wanted, and for no other.

        Parameters
        ----------
        fresh, running
            See `DeploymentController`; for those that are made.
        """
        for deployment in wanted:
            controller = self._kept.get(deployment.name)
            if controller is not None and controller.deployment.created != deployment.created:
                self._let_go(deployment.name)  # deleted, and another was made under its name
                controller = None
            if controller is None:
                self._keep(deployment, fresh=fresh, running=running)
            elif controller.deployment != deployment:
                controller.apply(deployment)
        for name in self._kept.keys() - {deployment.name for deployment in wanted}:
            self._let_go(name)

    async def close(self, *, stop_replicas: bool) -> None:
        """Let all go; replicas run on unless they shall stop too."""
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await asyncio.gather(
            *(one.close(drain=False) if stop_replicas else one.detach() for one in self._all())
        )
        self._kept.clear()

    def _all(self) -> list[DeploymentController]:
        return [*self._kept.values(), *self._leaving.values()]

    def _keep(self, deployment: Deployment, *, fresh: bool, running: Mapping[str, str]) -> None:
        if self._context is None:
            raise RuntimeError("the deploy service has not been started")
        self._kept[deployment.name] = DeploymentController(
            deployment, self._context, self._changed, fresh=fresh, running=running
        )
        self._changed(deployment.name)

    def _let_go(self, name: str) -> None:
        controller = self._kept.pop(name)
        task = asyncio.create_task(self._leave(controller), name=f"goodbye {name}")
        self._leaving[task] = controller
        task.add_done_callback(self._leaving.pop)
        self._changed(name)

    async def _leave(self, controller: DeploymentController) -> None:
        await controller.close(drain=True)
        folder = self._folder / controller.deployment.name
        if controller.deployment.name not in self._kept:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

"""The keepers of all deployments: made, changed and let go as the deployments are read."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.deployment import Deployment, UnknownDeployment
from deploy.keeper import Keeper
from deploy.surroundings import Surroundings


class Keepers:
    """A keeper for each deployment; those of deleted ones stay until their replicas have ended.

    Parameters
    ----------
    folder
        Working folders of the replicas go below it, one for each deployment.
    changed
        Called with a deployment's name after every change of its situation.
    """

    def __init__(self, folder: Path, changed: Callable[[str], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._around: Surroundings | None = None
        self._kept: dict[str, Keeper] = {}
        self._leaving: dict[asyncio.Task[None], Keeper] = {}

    def start(self, around: Surroundings) -> None:
        """Take what replicas need of the service around them; before, no keeper can be made."""
        self._around = around

    def get(self, name: str) -> Keeper:
        """Return who keeps a deployment; raises `UnknownDeployment`."""
        try:
            return self._kept[name]
        except KeyError:
            raise UnknownDeployment(f"there is no deployment named {name!r}") from None

    def kept(self) -> list[Keeper]:
        """Return those of the deployments that there are, by name."""
        return [keeper for _, keeper in sorted(self._kept.items())]

    def nodes_of(self, name: str) -> Counter[str]:
        """Return how many replicas of a deployment each node has."""
        keeper = self._kept.get(name)
        return Counter(replica.node for replica in keeper.replicas) if keeper else Counter[str]()

    def replicas(self) -> dict[str, str]:
        """Return all replicas, also of deployments that go: name to node."""
        return {replica.name: replica.node for keeper in self._all() for replica in keeper.replicas}

    def become(self, wanted: Sequence[Deployment], *, fresh: bool, running: Mapping[str, str]) -> None:
        """Have a keeper for each deployment that is wanted, as it is wanted, and for no other.

        Parameters
        ----------
        fresh, running
            See `Keeper`; for those that are made.
        """
        for deployment in wanted:
            keeper = self._kept.get(deployment.name)
            if keeper is not None and keeper.deployment.created != deployment.created:
                self._let_go(deployment.name)  # deleted, and another was made under its name
                keeper = None
            if keeper is None:
                self._keep(deployment, fresh=fresh, running=running)
            elif keeper.deployment != deployment:
                keeper.become(deployment)
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

    def _all(self) -> list[Keeper]:
        return [*self._kept.values(), *self._leaving.values()]

    def _keep(self, deployment: Deployment, *, fresh: bool, running: Mapping[str, str]) -> None:
        if self._around is None:
            raise RuntimeError("the deploy service has not been started")
        self._kept[deployment.name] = Keeper(
            deployment, self._around, self._changed, fresh=fresh, running=running
        )
        self._changed(deployment.name)

    def _let_go(self, name: str) -> None:
        keeper = self._kept.pop(name)
        task = asyncio.create_task(self._leave(keeper), name=f"goodbye {name}")
        self._leaving[task] = keeper
        task.add_done_callback(self._leaving.pop)
        self._changed(name)

    async def _leave(self, keeper: Keeper) -> None:
        await keeper.close(drain=True)
        folder = self._folder / keeper.deployment.name
        if keeper.deployment.name not in self._kept:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

"""Removes containers with the platform's label, and folders, that belong to no job."""

from __future__ import annotations

import asyncio
import logging
import time

from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import LeaseLost
from launchers import Handle, LaunchError

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60.0


class Sweeper:
    """Removes orphans: containers with the platform's label on a node whose attempt is unknown or cleaned up.

    An attempt is committed before it is started, and its row is `removed` only when its container is gone. A
    container with the label and without such a row is an orphan. The holder of the lease removes it after a
    grace: platforms on one database share the label.
    """

    def __init__(self, context: SupervisorContext) -> None:
        self._context = context
        self._orphans: dict[tuple[str, str], float] = {}  # (node, identifier) -> since when it is an orphan

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                if self._context.lease.held:
                    await self.sweep()
            except LeaseLost:
                log.info("another supervisor sweeps now")
            except Exception:  # a failed sweep must not end the supervisor
                log.exception("sweeping failed")
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Remove orphans that are old enough, and the folders of deleted jobs."""
        for node in self._context.nodes.all():
            if not node.ok:
                continue
            try:
                await self._sweep_node(node.name)
            except LaunchError as error:
                log.warning("node %s could not be swept: %s", node.name, error)
        await self._sweep_folders()

    async def _sweep_node(self, node: str) -> None:
        context = self._context
        launcher = context.nodes.launcher(node)
        handles = await launcher.list(context.owner)
        wanted = await context.store.known([handle.name for handle in handles])
        for handle in handles:
            if handle.name in wanted:
                self._orphans.pop((node, handle.identifier), None)
            elif self._old(node, handle):
                context.lease.check()
                log.warning("%s on node %s belongs to no job: removed", handle.name, node)
                await launcher.remove(handle)

    def _old(self, node: str, handle: Handle) -> bool:
        since = self._orphans.setdefault((node, handle.identifier), time.monotonic())
        return time.monotonic() - since >= self._context.settings.orphan_grace_s

    async def _sweep_folders(self) -> None:
        folder = self._context.jobs.folder
        names = await asyncio.to_thread(
            lambda: [path.name for path in folder.iterdir()] if folder.is_dir() else []
        )
        for job in await self._context.jobs.deleted(names):
            self._context.lease.check()
            await self._context.jobs.remove_folder(job)

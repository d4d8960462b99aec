"""The state of one node: settings, launcher, health, and allocations."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

from dashboard.base.ownership import SHARED, Ownership
from dashboard.base.resources import Resources
from dashboard.nodes.launcher_factory import LauncherFactory
from dashboard.nodes.node import TOML, Node
from dashboard.nodes.timeouts import TimeLimitedLauncher
from dashboard.quotas.restriction import Restriction
from dashboard.settings import NodeSettings
from launchers import LaunchError, NodeHealth


@dataclass
class NodeState:
    """The state of one node.

    Attributes
    ----------
    settings : NodeSettings
        Its configuration.
    launcher : TimeLimitedLauncher
        Delegates to no launcher before the first successful `probe`.
    why : str
        Why the launcher is of its kind, where the settings left it open.
    health : NodeHealth
        Answer of the last probe.
    probed, last_seen : str or None
        Times of the last probe and of the last answer.
    held : dict
        Resources of each job there.
    source : str
        `TOML` or `PAGE`: where it is configured.
    drained : str or None
        Since when it is drained.
    drained_by : str
        Who drained it.
    ownership : Ownership
        Of a node made on the page; one of the settings is shared.
    watch : asyncio.Task or None
        Probes it repeatedly.
    """

    settings: NodeSettings
    launcher: TimeLimitedLauncher
    why: str = ""
    health: NodeHealth = field(default_factory=lambda: NodeHealth(False, "has not been probed yet"))
    probed: str | None = None
    last_seen: str | None = None
    held: dict[str, Resources] = field(default_factory=dict)
    source: str = TOML
    drained: str | None = None
    drained_by: str = ""
    ownership: Ownership = SHARED
    watch: asyncio.Task[None] | None = None

    async def probe(self, factory: LauncherFactory, folder: Path) -> NodeHealth:
        """Return the health of the node; creates its launcher first if there is none.

        Parameters
        ----------
        factory : LauncherFactory
            Creates the launcher.
        folder : Path
            Folder for the state of the launcher.
        """
        if not self.launcher.kind:
            try:
                made = await factory(self.settings, folder)
            except LaunchError as error:
                self.launcher.absent = error.reason
                return NodeHealth(False, error.reason)
            self.launcher.use(made.launcher)
            self.why = made.why
        health = await self.launcher.probe()
        if not health.ok:  # the size in its last answer is still the best estimate
            return replace(health, details=health.details or self.health.details)
        return health

    def to_node(self, name: str, *, several_accounts: bool = False) -> Node:
        """Return the node with its name, at this moment."""
        settings, health, held = self.settings, self.health, self.held.values()
        details = health.details
        return Node(
            name=name,
            kind=self.launcher.kind,
            why=self.why,
            ok=health.ok,
            reason=health.reason,
            version=health.version,
            details=details,
            labels=settings.labels,
            cpus=settings.cpus or float(details.get("cpus") or 0),
            memory_mb=settings.memory_mb or int(details.get("memory_mb") or 0),
            gpus=settings.gpus or int(details.get("gpus") or 0),
            slots=settings.slots,
            used_cpus=sum(needs.cpus for needs in held),
            used_memory_mb=sum(needs.memory_mb for needs in held),
            used_gpus=sum(needs.gpus for needs in held),
            running=tuple(self.held),
            probed=self.probed,
            last_seen=self.last_seen,
            url=settings.url,
            job_cpus=settings.job_cpus,
            job_memory_mb=settings.job_memory_mb,
            job_walltime_s=settings.job_walltime_s,
            source=self.source,
            drained=self.drained,
            drained_by=self.drained_by,
            images=tuple(sorted(self.launcher.images)),
            several_accounts=several_accounts,
            restriction=Restriction(settings.least_role, settings.projects),
        )

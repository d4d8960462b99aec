"""What the supervisor and its reconcilers depend on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dashboard.administration.maintenance import Maintenance
from dashboard.auth.identity import Accounts
from dashboard.base.events import Live
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.job import Attempt
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.supervisor import messages
from dashboard.jobs.supervisor.completion import CompletionRecorder, Hook
from dashboard.jobs.supervisor.lease import Lease
from dashboard.jobs.supervisor.store import SupervisorStore
from dashboard.nodes.registry import Nodes
from dashboard.quotas.service import Quotas
from dashboard.settings import JobsSettings
from launchers import Launcher

ImageFinder = Callable[[str, str, Launcher], Awaitable[str]]  # (module, version, launcher) -> name by digest


@dataclass(frozen=True)
class SupervisorContext:
    """What the supervisor and its reconcilers depend on."""

    store: SupervisorStore
    lease: Lease
    jobs: JobStore
    inputs: JobInputs
    nodes: Nodes
    recorder: CompletionRecorder
    live: Live
    settings: JobsSettings
    image: ImageFinder
    image_name: Callable[[str, str], str]  # (module, version) -> its name, to see which nodes have it
    third_party: Callable[[str], bool]  # whether a module is run by the entry that is mounted
    owner: str  # the label of this platform's containers
    at: Hook
    home_there: Callable[[], bool]  # reads the disk: call it in a thread
    accounts: Accounts  # the owner of a job, with their roles and projects
    quotas: Quotas
    maintenance: Maintenance

    def launcher_of(self, attempt: Attempt) -> tuple[Launcher | None, str]:
        """Return the launcher of an attempt, or None and why there is none."""
        if not self.nodes.has(attempt.node):
            return None, messages.node_removed(attempt.node)
        launcher = self.nodes.launcher(attempt.node)
        if launcher.kind and launcher.kind != attempt.launcher:
            return None, messages.launcher_changed(attempt.node, attempt.launcher, launcher.kind)
        return launcher, ""

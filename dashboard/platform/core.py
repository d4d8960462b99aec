"""What every program of the platform builds on: database, live events, nodes, and the deploy service."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from dashboard.base.credential_cipher import CredentialCipher
from dashboard.base.errors import ServiceError
from dashboard.base.events import Live
from dashboard.database.engine import Database
from dashboard.nodes.launcher_factory import LauncherFactory
from dashboard.nodes.registry import Nodes
from dashboard.nodes.store import NodeStore
from dashboard.quotas.replica_usage import ReplicaUsage
from dashboard.settings import Settings
from deploy.access.address import CallerAddresses
from deploy.service import DeployService
from launchers import Launcher

PREPARE_SECONDS = 3600.0  # an image of gigabytes over a slow line


class Service(Protocol):
    """A service that does work in the background."""

    async def start(self) -> None:
        """Start the work."""

    async def stop(self) -> None:
        """Stop the work and release what the service holds."""


class Core:
    """The services of every program; each is made when it is first used, with its dependencies.

    A program starts a selection of them with `_start_services`, and stops what it started with
    `_stop_services`. A service that only serves calls is neither started nor stopped.

    Parameters
    ----------
    settings : Settings
        Settings of the platform.
    folder : Path
        Folder for the files of launchers and replicas.
    launchers : LauncherFactory
        Makes the nodes' launchers; tests pass their own.
    replicas : str
        Follows `owner` in the label of the replicas' containers.

    Attributes
    ----------
    owner : str
        Label of this platform's containers; set before the first service is made.
    """

    def __init__(
        self, settings: Settings, folder: Path, launchers: LauncherFactory, *, replicas: str
    ) -> None:
        self.settings = settings
        self.owner = ""
        self._opened = False
        self.live = Live()
        self._folder = folder
        self._launchers = launchers
        self._replicas = replicas
        self._started: list[Service] = []

    async def _start_services(self, services: Sequence[Service]) -> None:
        """Start services in their order; one that fails to start is stopped with the others."""
        for service in services:
            self._started.append(service)
            await service.start()

    async def _stop_services(self) -> None:
        """Stop the started services, the last one first."""
        while self._started:
            await self._started.pop().stop()

    @cached_property
    def database(self) -> Database:
        """The database of the settings."""
        return Database(self.settings.database_url)

    @cached_property
    def credentials(self) -> CredentialCipher:
        """Encrypts credentials that the database stores."""
        return CredentialCipher(self.settings.credentials_file, self.settings.credentials.keys)

    @cached_property
    def nodes(self) -> Nodes:
        """The nodes of the settings and of the page."""
        return Nodes(
            self.settings.nodes,
            self._folder / "launchers",
            self.live,
            PREPARE_SECONDS,
            self._launchers,
            store=self.node_store,
            changed=self._nodes_changed,
        )

    @cached_property
    def node_store(self) -> NodeStore:
        """Nodes of the page, and drains, in the database."""
        return NodeStore(self.database)

    @cached_property
    def caller_addresses(self) -> CallerAddresses:
        """Tells the address of a caller, also behind trusted proxies."""
        return CallerAddresses(self.settings.server.trusted_proxies)

    @cached_property
    def deploy(self) -> DeployService:
        """Runs the replicas of deployments and forwards calls to them."""
        return DeployService(
            self.database,
            self._launcher_of,
            self._folder / "deployments",
            f"{self.owner}-{self._replicas}",
            self._observed,
            limits=self.settings.predictions,
            accepts=self.nodes.accepts,
            addresses=self.caller_addresses,
            anonymous_rate=self.settings.server.anonymous_rate,
        )

    @cached_property
    def replica_usage(self) -> ReplicaUsage:
        """Records the hours of the replicas."""
        return ReplicaUsage(self.database, self.deploy.all, self.deploy.get)

    def _launcher_of(self, node: str) -> Launcher:
        try:
            return self.nodes.launcher(node)
        except ServiceError as error:
            raise LookupError(str(error)) from error

    def _nodes_changed(self) -> None:
        """Tell the services of a program that a node came, went or changed."""

    def _observed(self, name: str) -> None:
        """Note the hours of replicas, and tell the services of a program that a deployment changed."""
        self.replica_usage.note(name)
        self._deployment_changed(name)

    def _deployment_changed(self, name: str) -> None:
        """Tell the services of a program that a deployment changed."""

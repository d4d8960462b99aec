"""`huggins gateway`: the deploy service without the platform, on the platform's database."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import click
import sqlalchemy as sa
import uvloop
from aiohttp import web

from dashboard.base.errors import ServiceError
from dashboard.base.events import Live
from dashboard.cli.commands.up import load_settings
from dashboard.cli.output import console
from dashboard.cli.runtime import find_runtime, on_runtime
from dashboard.cli.server import until_stopped
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.nodes.registry import Nodes
from dashboard.nodes.store import NodeStore
from dashboard.settings import Settings
from deploy.application import create_application
from deploy.model.deployment import NAME
from deploy.service import DeployService
from launchers import Launcher

PREPARE_SECONDS = 3600.0
SHUTDOWN_S = 30.0  # for calls that are in progress
LOG_FORMAT = "%(message)s"


@click.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="huggins.toml.")
@click.option("--name", default="gateway", help="Name of this gateway; labels its replicas.")
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=int, default=8480, help="Port to listen on; 0 takes any free one.")
@click.option("--access-log", is_flag=True, help="Write a line of JSON for each call.")
def gateway(config: Path | None, name: str, host: str, port: int, access_log: bool) -> None:
    """Serve the deployments of a platform's database, with replicas of its own.

    The gateway follows changes of deployments and nodes, and keeps serving its last known state while the
    database is unavailable. Several gateways may run on one database.
    """
    if not NAME.fullmatch(name):
        raise click.ClickException(f"--name {name}: use 1 to 40 lower-case letters, digits and hyphens")
    if access_log:
        logging.basicConfig(format=LOG_FORMAT)
        logging.getLogger("huggins.access").setLevel(logging.INFO)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(load_settings(config), name, host, port))


async def _serve(settings: Settings, name: str, host: str, port: int) -> None:
    settings = on_runtime(settings, await find_runtime(settings))
    async with gateway_service(settings, name) as service:
        runner = web.AppRunner(
            create_application(service),
            access_log=None,
            shutdown_timeout=SHUTDOWN_S,
            handle_signals=False,
            auto_decompress=False,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            console.print(
                f"The gateway {name} answers at http://{host}:{runner.addresses[0][1]}. Ctrl-C stops."
            )
            await until_stopped()
        except OSError as error:
            raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
        finally:
            await runner.cleanup()


@contextlib.asynccontextmanager
async def gateway_service(
    settings: Settings, name: str, launchers: LauncherFactory = make_launcher
) -> AsyncIterator[DeployService]:
    """Run a deploy service on the platform's database and nodes; stop it with its replicas at the end.

    Nodes are those of the settings and those made on the page; no new replica is placed on a drained node.

    Parameters
    ----------
    settings
        Name the database, the home folder and the nodes.
    name
        Name of the gateway, unique in its home folder.
    launchers
        Makes the launchers of the nodes; tests pass their own.

    Raises
    ------
    click.ClickException
        If the database is not a platform's, or a gateway of that name already runs in this home folder.
    """
    home = settings.home / "gateways" / name
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url)
    nodes = Nodes(
        settings.nodes, home / "launchers", Live(), PREPARE_SECONDS, launchers, store=NodeStore(database)
    )

    def launcher_of(node: str) -> Launcher:
        try:
            return nodes.launcher(node)
        except ServiceError as error:
            raise LookupError(str(error)) from error

    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_locked(home))
        stack.push_async_callback(database.close)
        owner = await _platform(database)
        stack.push_async_callback(nodes.stop)
        await nodes.start()
        service = DeployService(
            database,
            launcher_of,
            home / "deployments",
            f"{owner}-gateway-{name}",
            limits=settings.predictions,
            accepts=nodes.accepts,
        )
        stack.push_async_callback(service.close, stop_replicas=True)
        await service.start()
        yield service


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Hold the lock of a gateway's folder."""
    with (home / "gateway.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"a gateway named {home.name} runs here already: give this one another --name"
            ) from None
        yield


async def _platform(database: Database) -> str:
    """Return the label of the platform that owns a database; `click.ClickException` if none does."""
    query = sa.select(platform_facts.c.value).where(platform_facts.c.name == "owner")
    try:
        async with database.read() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise click.ClickException(
            f"{database.name} cannot be read, or is no platform's database: {error.args[0]}"
        ) from error
    if found is None:
        raise click.ClickException(f"{database.name} is no platform's database: run `huggins up` on it first")
    return str(found)

"""`huggins gateway`: the deploy service without the platform, on the platform's database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import click
import uvloop
from aiohttp import web

from dashboard.base.errors import ServiceError
from dashboard.cli.commands.up import load_settings
from dashboard.cli.output import console
from dashboard.cli.runtime import find_runtime, on_runtime
from dashboard.cli.server import connection_limits, set_up_logging, until_stopped
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.platform.gateway import Gateway
from dashboard.settings import Settings
from dashboard.web.app.security import HostCheck
from dashboard.web.monitoring.request_id import name_request, tell_request_id
from deploy.application import create_application
from deploy.gateway.call_log import access_log as calls
from deploy.model.deployment import NAME
from deploy.service import DeployService
from wire.slow_heads import heads_in_time

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
    settings = load_settings(config)
    _set_up_logging(settings, access_log=access_log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, name, host, port))


def _set_up_logging(settings: Settings, *, access_log: bool) -> None:
    """Write log records in the form of the settings; lines of calls where they are wanted."""
    set_up_logging(settings)
    if access_log:
        logging.basicConfig(format=LOG_FORMAT)  # nothing, where records are JSON
    calls.setLevel(logging.INFO if access_log else logging.WARNING)


async def _serve(settings: Settings, name: str, host: str, port: int) -> None:
    settings = on_runtime(settings, await find_runtime(settings))
    async with gateway_service(settings, name) as service:
        application = create_application(service, settings.server.allowed_origins)
        application.middlewares.insert(0, name_request)
        application.on_response_prepare.append(tell_request_id)
        application.middlewares.append(HostCheck(replace(settings.server, host=host)).check)
        runner = web.AppRunner(
            application,
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
            async with heads_in_time(runner.server, limits=connection_limits(settings.server)):
                await until_stopped()
        except OSError as error:
            raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
        finally:
            await runner.cleanup()


@contextlib.asynccontextmanager
async def gateway_service(
    settings: Settings, name: str, launchers: LauncherFactory = make_launcher
) -> AsyncIterator[DeployService]:
    """Run a `Gateway`; stop it with its replicas at the end.

    Parameters
    ----------
    settings
        Name the database, the home folder and the nodes.
    name
        Name of the gateway, unique in its home folder.
    launchers
        Makes the launchers of the nodes; tests pass their own.

    Yields
    ------
    DeployService
        Started.

    Raises
    ------
    click.ClickException
        If the database is not a platform's, or a gateway of that name already runs in this home folder.
    """
    running = Gateway(settings, name, launchers)
    try:
        await running.start()
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    try:
        yield running.deploy
    finally:
        await running.stop()

"""Serves the platform and its web application; used by `up` and `demo`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click
from aiohttp import web

from dashboard.cli.connection import Connection
from dashboard.platform import Platform
from dashboard.settings import ServerSettings, Settings
from dashboard.web.app.app_keys import SESSION_COOKIE
from dashboard.web.app.application import create_application
from dashboard.web.app.disconnect import server_logger
from deploy.access.address import CallerAddresses
from deploy.gateway.call_log import access_log
from wire.json_records import write_json_records
from wire.printable import print_records_safely
from wire.repeated_records import RepeatedRecords, limit_repeated
from wire.slow_heads import ConnectionLimits, heads_in_time, limits_of

if TYPE_CHECKING:
    from pathlib import Path

SHUTDOWN_S = 5.0  # seconds until open event streams are closed
TRIED_PORTS = 20
TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Below, their records hold statements with their values.
WITH_VALUES = ("aiosqlite", "asyncpg", "sqlalchemy")


@dataclass(frozen=True)
class Serving:
    """A running platform."""

    platform: Platform
    connection: Connection
    link: str


@contextlib.asynccontextmanager
async def serving(settings: Settings, *, any_port: bool = False) -> AsyncIterator[Serving]:
    """Start the platform and its web application; stop both at exit.

    Parameters
    ----------
    settings
        `server.port` 0 takes any free port.
    any_port
        Whether to try the next ports if the port is taken.

    Raises
    ------
    click.ClickException
        If no port is free, or another platform runs on the same home.
    """
    async with Platform(settings) as platform:
        application = create_application(platform)
        runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=SHUTDOWN_S,
            handle_signals=False,
            auto_decompress=False,
            logger=server_logger(),
        )
        await runner.setup()
        try:
            address = await _listen(runner, settings, any_port=any_port)
            application[SESSION_COOKIE].listen(runner.addresses[-1][1])
            file = await platform.sessions.write_connection(address)
            token = await platform.sessions.one_time_link()
            public = settings.server.public_url.rstrip("/")
            async with heads_in_time(runner.server, limits=connection_limits(settings.server)):
                yield Serving(platform, _connection(file), f"{public or address}/enter?token={token}")
        finally:
            platform.sessions.remove_connection()
            platform.live.close()
            await runner.cleanup()


def connection_limits(server: ServerSettings) -> ConnectionLimits:
    """Return the limits of connections that the settings give; for trusted proxies there is none."""
    return limits_of(server.connections_per_address, CallerAddresses(server.trusted_proxies).trusts)


def _connection(file: Path) -> Connection:
    return Connection.find(file.parent)


async def _listen(runner: web.AppRunner, settings: Settings, *, any_port: bool) -> str:
    host, first = settings.server.host, settings.server.port
    last = first + TRIED_PORTS if any_port and first else first
    for port in range(first, last + 1):
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
            continue
        return f"http://{host}:{runner.addresses[-1][1]}"
    raise click.ClickException(
        f"port {first} of {host} is in use: stop the program that uses it, or choose another with --port"
    )


def with_port(settings: Settings, port: int | None) -> Settings:
    """Return the settings with another port."""
    if port is None:
        return settings
    return replace(settings, server=replace(settings.server, port=port))


def set_up_logging(settings: Settings) -> None:
    """Write log records in the form and from the level of the settings."""
    level = settings.logging.level.upper()
    if settings.logging.format == "json":
        write_json_records(level or logging.INFO)
    elif level:
        logging.basicConfig(level=level, format=TEXT_FORMAT, force=True)
    for name in WITH_VALUES:
        logging.getLogger(name).setLevel(logging.WARNING)


async def until_stopped() -> None:
    """Wait until Ctrl-C or SIGTERM; meanwhile callers cannot fill the log."""
    limit_repeated(RepeatedRecords(unlimited={access_log.name}))
    print_records_safely()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()

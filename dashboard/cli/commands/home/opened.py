"""The home and the database of the settings, for commands that need no running platform."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from dashboard.cli.commands.up import load_settings
from dashboard.home import Home
from dashboard.platform import Platform

CONFIG = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="huggins.toml."
)


@contextlib.asynccontextmanager
async def opened_home(config: Path | None) -> AsyncIterator[Platform]:
    """Give the platform of the settings, which is not started: its database and stores can be used.

    Parameters
    ----------
    config : Path or None
        The settings.

    Raises
    ------
    ServiceError
        If there is no such platform, or its database is damaged or away; also of the work inside.
    """
    platform = Platform(load_settings(config))
    try:
        await Home(platform.settings.home).require(platform.database)
        yield platform
    except (DBAPIError, OSError) as error:
        if isinstance(error, DBAPIError):
            raise platform.database.unusable(error) from error
        raise click.ClickException(
            f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
        ) from error
    finally:
        await platform.database.close()

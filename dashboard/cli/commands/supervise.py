"""`huggins supervise`: a standby supervisor of a platform's jobs; takes over if the active one fails."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.base.errors import ServiceError
from dashboard.cli.commands.up import load_settings
from dashboard.cli.output import console, run_async
from dashboard.cli.runtime import find_runtime, on_runtime
from dashboard.cli.server import set_up_logging, until_stopped
from dashboard.platform import Platform


@click.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="huggins.toml.")
@run_async
async def supervise(config: Path | None) -> None:
    """Supervise jobs beside a platform, on the same home and database.

    One supervisor is active; if it stops or hangs, another takes over.
    """
    settings = load_settings(config)
    set_up_logging(settings)
    platform = Platform(on_runtime(settings, await find_runtime(settings)))
    try:
        await platform.assist()
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    try:
        console.print(
            f"Supervises the jobs of {settings.home} if no other supervisor is active. Press Ctrl-C to stop."
        )
        await until_stopped()
    finally:
        await platform.stop()

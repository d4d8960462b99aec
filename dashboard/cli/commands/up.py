"""`huggins up`: the platform on this machine."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from dashboard.cli.output import console, run_async
from dashboard.cli.runtime import find_runtime, on_runtime
from dashboard.cli.server import serving, set_up_logging, until_stopped, with_port
from dashboard.settings import Settings, SettingsError


@click.command()
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="huggins.toml.")
@click.option("--port", type=int, help="Port to listen on; 0 takes any free one.")
@click.option("--browser", is_flag=True, help="Open the page in a browser.")
@run_async
async def up(config: Path | None, port: int | None, browser: bool) -> None:
    """Start the platform on 127.0.0.1 and print a one-time link."""
    settings = with_port(load_settings(config), port)
    set_up_logging(settings)
    runtime = await find_runtime(settings)
    runtime.show()
    async with serving(on_runtime(settings, runtime)) as served:
        console.print(
            f"Open [bold]{served.link}[/bold] (valid once; signs this browser in). Press Ctrl-C to stop.",
            soft_wrap=True,
        )
        if unreadable := served.platform.stored_credentials.unreadable:
            console.print(
                f"[yellow]![/yellow] {len(unreadable)} stored credentials cannot be read: "
                f"{served.platform.credentials.source} does not hold their key. Put it back, or let their "
                "owners make new ones (docs/operating.md).",
                soft_wrap=True,
            )
        if browser:
            webbrowser.open(served.link)
        await until_stopped()
        console.print("Stopping. Running jobs continue; the next `huggins up` supervises them again.")


def load_settings(config: Path | None) -> Settings:
    """Read the settings for a command.

    Parameters
    ----------
    config : Path or None
        The file; None: ``huggins.toml`` in the working directory, where there is one.

    Returns
    -------
    Settings
        The settings, with the environment over them.

    Raises
    ------
    click.ClickException
        If a setting cannot be used; click prints it without a traceback.
    """
    try:
        return Settings.load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error

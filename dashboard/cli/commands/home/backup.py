"""`huggins backup` and `huggins restore`."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from dashboard.backup.manifest import Manifest
from dashboard.backup.restore import restore_backup
from dashboard.backup.writer import write_backup
from dashboard.base.errors import ServiceError
from dashboard.cli.commands.home.opened import CONFIG, opened_home
from dashboard.cli.commands.up import load_settings
from dashboard.cli.output import console, run_async


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-spectra", is_flag=True, help="Leave out the files of datasets.")
@CONFIG
@run_async
async def backup(file: Path, without_spectra: bool, config: Path | None) -> None:
    """Write everything of the platform into FILE (tar), also while it runs.

    FILE holds hashes of passwords and tokens, and is readable by its owner only.
    """
    async with opened_home(config) as platform:
        with console.status("backing up …") as status:
            made = await write_backup(
                platform.settings.home,
                platform.database,
                file,
                spectra=not without_spectra,
                told=lambda path: status.update(f"backing up {path}"),
            )
    console.print(f"[green]✓[/green] {_held(made)} in {file}")
    for path in made.missing:
        console.print(f"  deleted meanwhile: {path}", markup=False)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@CONFIG
@run_async
async def restore(file: Path, config: Path | None) -> None:
    """Restore the backup FILE into a home and a database that are empty; then start it with `huggins up`."""
    settings = load_settings(config)
    try:
        with console.status("restoring …"):
            made = await restore_backup(file, settings.home, settings.database_url)
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    with contextlib.suppress(OSError):
        settings.home.chmod(0o700)
    console.print(
        f"[green]✓[/green] {_held(made)} of {made.created} in {settings.home}", markup=True, soft_wrap=True
    )


def _held(made: Manifest) -> str:
    files = sum(not path.startswith("database/") for path in made.files)
    return f"{sum(made.rows.values())} rows and {files} files"

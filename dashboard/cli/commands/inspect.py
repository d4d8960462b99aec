"""`huggins inspect`: what a file holds and how its spectra are read, without a platform."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from dashboard.cli.output import console, json_option, show_json

if TYPE_CHECKING:
    from spectra.inspection.report import Inspection

SHOWN_REJECTED = 10


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--most", type=click.IntRange(1, 100_000), default=20, help="How many spectra are described.")
@click.option("--format", "form", default=None, help="Read it as this format (see docs/formats.md).")
@json_option
def inspect(file: Path, most: int, form: str | None, as_json: bool) -> None:
    """Show how FILE is read: every HDU, table and column, and for each spectrum the source of its
    wavelengths, unit, frame, errors and mask. Needs no running platform.
    """
    if not show_file(file, most, form, as_json=as_json):
        raise SystemExit(1)


def show_file(file: Path, most: int = 20, form: str | None = None, *, as_json: bool = False) -> bool:
    """Print how a file is read; return whether any spectrum of it can be.

    Parameters
    ----------
    file
        A file, folder or archive.
    most
        How many spectra are described.
    form
        Name of a format, or None.
    as_json
        Whether to print JSON.
    """
    from spectra.inspection.report import inspect_file  # noqa: PLC0415 - other commands need no astronomy

    found = inspect_file(file, most, form)
    if as_json:
        show_json(
            {
                "path": found.path,
                "parts": [str(part) for part in found.parts],
                "spectra": [spectrum.data for spectrum in found.spectra],
                "more": found.more,
                "rejected": [{"source": source, "reason": reason} for source, reason in found.rejected],
            }
        )
    else:
        _show(found)
    return bool(found.spectra)


def _show(found: Inspection) -> None:
    from spectra.inspection.contents import shown  # noqa: PLC0415 - other commands need no astronomy
    from spectra.reading.provenance import provenance_line  # noqa: PLC0415

    def told(text: str) -> str:
        return escape(shown(text))

    console.print(f"[bold]{told(found.path)}[/bold]")
    for part in found.parts:
        console.print(f"  [dim]{told(str(part))}[/dim]", soft_wrap=True)
    for provenance, alike in groupby(found.spectra, key=lambda spectrum: spectrum.provenance):
        for spectrum in alike:
            console.print(
                f"{told(spectrum.name)}  {spectrum.first:.6g}–{spectrum.last:.6g} Å (vacuum), "
                f"{spectrum.pixels:,} pixels",
                soft_wrap=True,
            )
        style = "yellow" if provenance.unit_assumed else "dim"
        console.print(f"  [{style}]{told(provenance_line(provenance))}[/{style}]", soft_wrap=True)
    if found.more:
        console.print(f"[dim]… and more than {len(found.spectra)} spectra (--most)[/dim]")
    for source, reason in found.rejected[:SHOWN_REJECTED]:
        console.print(f"[red]{told(source)}[/red] {told(reason)}", soft_wrap=True)
    if len(found.rejected) > SHOWN_REJECTED:
        console.print(f"[dim]… and {len(found.rejected) - SHOWN_REJECTED} more are rejected[/dim]")

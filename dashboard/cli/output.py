"""Output of the commands: tables, JSON and progress bars."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import click
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.status import Status
from rich.table import Table

from dashboard.base.errors import ServiceError
from dashboard.base.storage import unwritable
from wire.printable import printable, printable_json

F = TypeVar("F", bound=Callable[..., Any])


class PlainConsole(Console):
    """A console whose texts move no cursor and change no title: names and messages are of others."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print objects; see `rich.console.Console.print`."""
        super().print(*(printable(one) if isinstance(one, str) else one for one in objects), **options)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """Show what goes on; a file or a service's journal, which shows no spinner, gets it as a line."""
        if not self.is_terminal:
            self.print(status, soft_wrap=True)
        return super().status(status, **options)


console = PlainConsole(highlight=False)
PHASE_STYLES = {
    "COMPLETED": "green",
    "ERROR": "red",
    "ABORTED": "yellow",
    "EXECUTING": "blue",
    "UNKNOWN": "magenta",
}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def run_async(command: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Let a click command be a coroutine.

    Parameters
    ----------
    command : callable
        The coroutine function.

    Returns
    -------
    callable
        A function that runs it to its end.

    Raises
    ------
    click.ClickException
        Later, for an error of a service; click prints it without a traceback.
    """

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            asyncio.run(command(*args, **options))
        except ServiceError as error:  # of a platform that this process starts itself
            raise click.ClickException(error.detail) from error
        except OSError as error:
            if told := unwritable(error):
                raise click.ClickException(told) from error
            raise

    return run


def show_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(printable_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """Print a table.

    Parameters
    ----------
    columns : sequence of str
        Titles of the columns.
    rows : sequence of sequence
        Values by row, one for each column.
    empty : str
        The hint that is printed where there are no rows.
    """
    if not rows:
        console.print(f"[dim]{escape(empty)}[/dim]")
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = escape(printable(str(value)))
    style = PHASE_STYLES.get(str(value))
    return f"[{style}]{text}[/{style}]" if style else text


def show_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values, one per line."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        console.print(f"[dim]{escape(name):<{width}}[/dim]  {_cell(value)}")


def bars() -> Progress:
    """Return progress bars with the time left; disabled if the output is no terminal."""
    return Progress(
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
        disable=not console.is_terminal,
    )

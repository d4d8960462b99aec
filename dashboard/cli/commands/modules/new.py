"""`huggins modules new`: writes the folder of a new module."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from catalog import vocabulary
from dashboard.base.errors import ServiceError
from dashboard.cli.output import console
from dashboard.publishing.scaffold.kinds import KINDS
from dashboard.publishing.scaffold.names import problem_of
from dashboard.publishing.scaffold.own_names import own_names
from dashboard.publishing.scaffold.scaffold import NewModule, write


@click.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), help="What it is; asked for on a terminal.")
@click.option("--task", default=None, help="What it is for, of AI4's list; asked for on a terminal.")
@click.option("--title", default="", help="Its name for people; by default made of NAME.")
@click.option("--source", default="", help="Address of its source code.")
@click.option(
    "--in", "parent", type=click.Path(path_type=Path), default=Path(), help="Where the folder is made."
)
def new(name: str, kind: str | None, task: str | None, title: str, source: str, parent: Path) -> None:
    """Write the folder of a new module: code, description, example, tests, Dockerfile.

    `huggins modules check` passes in it at once. Without --kind and --task the command asks for them on a
    terminal, and else takes a method of spectra that classifies. Needs no running platform.
    """
    taken = own_names()
    if problem := problem_of(name, taken):
        raise click.ClickException(problem)
    kind = kind or _ask_kind()
    task = task if task is not None else _ask_task(kind)
    try:
        folder = write(NewModule(name, kind, task, title, source), parent, taken)
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    console.print(f"{folder} is written.", markup=False, soft_wrap=True)
    console.print(f"Next: cd {folder} && huggins modules check", markup=False, soft_wrap=True)


def _terminal() -> bool:
    return sys.stdin.isatty()


def _ask_kind() -> str:
    if not _terminal():
        return next(iter(KINDS))
    for name, kind in KINDS.items():
        console.print(f"  [bold]{name:<8}[/bold] {kind.title}")
    chosen: str = click.prompt("Kind", type=click.Choice(list(KINDS)), default=next(iter(KINDS)))
    return chosen


def _ask_task(kind: str) -> str:
    tasks = KINDS[kind].tasks or vocabulary.TASKS
    if not _terminal():
        return ""
    chosen: str = click.prompt(
        "Task", type=click.Choice(list(tasks)), default=tasks[-1] if len(tasks) > 2 else tasks[0]
    )
    return chosen

"""The command line `huggins`: one file per group of commands.

All but `up`, `demo`, `gateway` and `supervise` talk to a running platform over its JSON API (`api.py`), so
they do nothing that a program of one's own could not do.
"""

from __future__ import annotations

import importlib

import click

COMMANDS = (
    "up",
    "demo",
    "modules",
    "data",
    "train",
    "jobs",
    "deploy",
    "predict",
    "nodes",
    "gateway",
    "supervise",
)
ALIASES = {"deployments": "deploy"}


class Commands(click.Group):
    """The group; a command's file is imported when it is asked for: none waits for another's packages."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order in which one needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, also by its other name; None when there is none of that name."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"dashboard.cli.commands.{name}"), name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="huggins")
def main() -> None:
    """Find, train, deploy and call machine-learning methods for astronomical spectra."""

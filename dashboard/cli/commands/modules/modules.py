"""The group `huggins modules`: without the name of a command it lists modules, or shows one."""

from __future__ import annotations

import importlib

import click

#: Commands, and their files beside this one.
COMMANDS = {
    "list": "show",
    "new": "new",
    "check": "check",
    "publish": "publish",
    "versions": "versions",
    "deprecate": "versions",
    "yank": "versions",
    "release": "versions",
}
#: Functions of commands that have another name.
FUNCTIONS = {"list": "list_modules"}


class Modules(click.Group):
    """`huggins modules`, `huggins modules NAME` and `huggins modules COMMAND …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is no command for the name of a module: `huggins modules rdf` shows it."""
        if not {"-h", "--help"}.intersection(args[:1]) and (not args or args[0] not in COMMANDS):
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of typical use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, whose file is imported on first use; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        file = importlib.import_module(f"dashboard.cli.commands.modules.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(file, FUNCTIONS.get(cmd_name, cmd_name))
        return command


@click.command(cls=Modules)
def modules() -> None:
    """List the modules, show one (`huggins modules NAME`), write, check and publish one."""

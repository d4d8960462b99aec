"""The command line `huggins`: one file per group of commands.

All except `up`, `demo`, `gateway`, `supervise`, `inspect`, `backup`, `restore` and `check` are clients of a
running platform's JSON API (`api.py`); any program can send the same requests.
"""

from __future__ import annotations

import importlib
import os

import click

COMMANDS = (
    "up",
    "link",
    "login",
    "logout",
    "sessions",
    "demo",
    "modules",
    "data",
    "sources",
    "acquire",
    "labels",
    "train",
    "learn",
    "jobs",
    "deploy",
    "predict",
    "mcp",
    "share",
    "nodes",
    "admin",
    "gateway",
    "supervise",
    "backup",
    "restore",
    "check",
    "inspect",
)
ALIASES = {"deployments": "deploy"}
FILES = {
    "mcp": "assistants.mcp",
    "link": "sessions",
    "acquire": "sources",
    "logout": "login",
    "modules": "modules.modules",
    "deploy": "deployments.deploy",
    "backup": "home.backup",
    "restore": "home.backup",
    "check": "home.check",
    "labels": "labelling.labels",
    "share": "people.share",
}
"""Files of commands that do not have the command's name."""


NAMES = {"check": "check_home"}
"""Functions of commands that have another name."""


class Commands(click.Group):
    """The group; imports the file of a command on first use, so that start-up stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of typical use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by name or alias; None if there is none."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        file = importlib.import_module(f"dashboard.cli.commands.{FILES.get(name, name)}")
        command: click.Command = getattr(file, NAMES.get(name, name))
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="huggins")
@click.option("--server", default="", metavar="ADDRESS", help="Address of the platform that is asked.")
@click.option("--token", default="", help="API token for it; by default HUGGINS_TOKEN.")
@click.pass_context
def main(context: click.Context, server: str, token: str) -> None:
    """Find, train, deploy and call machine-learning methods for astronomical spectra."""
    token = token or os.environ.get("HUGGINS_TOKEN", "")
    if server and not token:
        raise click.UsageError("--server needs --token, or HUGGINS_TOKEN")
    context.obj = (server, token) if server else None

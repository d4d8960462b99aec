"""The command line `huggins`: one file per group of commands.

All but `up` and `demo` talk to a running platform over its JSON API (`api.py`), so they do nothing that a
program of one's own could not do.
"""

from __future__ import annotations

import click

from dashboard.cli.data import data
from dashboard.cli.demo import demo
from dashboard.cli.deploy import deploy
from dashboard.cli.jobs import jobs
from dashboard.cli.modules import modules
from dashboard.cli.nodes import nodes
from dashboard.cli.predict import predict
from dashboard.cli.train import train
from dashboard.cli.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="huggins")
def main() -> None:
    """Find, train, deploy and call machine-learning methods for astronomical spectra."""


for command in (up, demo, modules, data, train, jobs, deploy, predict, nodes):
    main.add_command(command)

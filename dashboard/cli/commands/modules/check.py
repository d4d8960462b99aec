"""`huggins modules check`: what is wrong with a module, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from dashboard.base.errors import ServiceError
from dashboard.cli.output import console, json_option, run_async, show_json
from dashboard.publishing.check import nodes
from dashboard.publishing.check.check import Wanted
from dashboard.publishing.check.from_source import check_source
from dashboard.publishing.finding import Level, Report
from dashboard.publishing.report_page import report_page
from dashboard.publishing.scaffold.own_names import own_names

STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "dim"}


@click.command()
@click.argument("source", default=".")
@click.option("--ref", default="", help="Branch, tag or commit of a git repository.")
@click.option(
    "--node", "kinds", multiple=True, type=click.Choice(nodes.KINDS), help="Where it runs; several times."
)
@click.option("--static", is_flag=True, help="Read the files only; build and run nothing.")
@click.option("--network", default=None, help="Docker's network of the build, such as host.")
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as HTML."
)
@json_option
@run_async
async def check(
    source: str,
    ref: str,
    kinds: tuple[str, ...],
    static: bool,
    network: str | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Check the module of SOURCE: a folder (by default the one here), a git repository, or an image.

    An image carries its module's folder in /opt/module; a folder is written ./NAME where it could be the
    name of an image, too.

    Reads its files, builds its image, and trains, stops, predicts and serves in containers on the kinds of
    nodes that it claims. Prints what is wrong, where, and how to mend it; ends with status 1 if anything is.
    Needs no running platform.

    With `--node process` the module's code runs on this machine WITHOUT isolation, as your own user: only
    for code that you trust.
    """
    if nodes.UNISOLATED in kinds:
        click.echo("The module runs as a process of this machine, without isolation.", err=True)
    wanted = Wanted(kinds, run=not static, network=network, taken=own_names())
    try:
        report = await check_source(source, ref, wanted)
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    if page is not None:
        page.write_text(report_page(report), encoding="utf-8")
    if as_json:
        show_json(report.to_json())
    else:
        show(report)
    if not report.passed:
        raise SystemExit(1)


def show(report: Report) -> None:
    """Print a report for people."""
    for step in report.steps:
        place = f" ({step.node})" if step.node else ""
        _print(f"{step.state:<8} {step.name}{place}  {step.seconds:.1f} s", style="dim")
    for finding in report.findings:
        _print(f"{finding.level}: {finding.where}: {finding.what}", style=STYLES[finding.level])
        _print(f"  {finding.mend}  [{finding.code}]")
    errors = len(report.errors)
    named = f"{report.module} {report.version}".strip() or report.source
    if report.passed:
        _print(f"{named}: the check passed.", style="green")
    else:
        _print(f"{named}: the check failed: {errors} error{'s' if errors > 1 else ''}.", style="red")


def _print(text: str, **options: Any) -> None:
    console.print(escape(text), soft_wrap=True, **options)

"""`huggins modules check`: what is wrong with a module, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from dashboard.base.errors import ServiceError
from dashboard.cli.output import console, json_option, show_json
from dashboard.publishing.check.check import check_folder
from dashboard.publishing.finding import Level, Report
from dashboard.publishing.report_page import report_page

STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "dim"}


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as HTML."
)
@json_option
def check(path: Path, page: Path | None, as_json: bool) -> None:
    """Check the module in the folder PATH, by default the one here.

    Prints what is wrong, where, and how to mend it; ends with status 1 if anything is. Needs no running
    platform.
    """
    try:
        report = check_folder(path)
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

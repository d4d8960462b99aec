"""A report of a check as a page that stands alone."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.base.bundled import bundled
from dashboard.publishing.finding import Report

FOLDER, TEMPLATE = "templates/html", "partials/check_report.html"


def report_page(report: Report) -> str:
    """Return the page; it needs no other file."""
    environment = Environment(
        loader=FileSystemLoader(bundled(FOLDER)), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    return environment.get_template(TEMPLATE).render(report=report.to_json())

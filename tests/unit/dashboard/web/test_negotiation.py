"""One address, two representations."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from dashboard.documentation.markdown import html_of
from dashboard.web.app.rendering import prefers_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/jobs", {"Accept": BROWSER}, False),
        ("/jobs", {"Accept": "application/json"}, True),
        ("/jobs", {"Accept": "application/json;q=0.5, text/html"}, False),
        ("/jobs", {"Accept": "text/html;q=0.2, application/json;q=0.7"}, True),
        ("/jobs?format=json", {"Accept": BROWSER}, True),
        ("/jobs", {"Accept": "*/*"}, False),
        ("/jobs", {"Accept": "*/*", "Content-Type": "application/json"}, True),
        ("/jobs", {"Accept": "*/*", "Authorization": "Bearer x"}, True),
        ("/jobs", {"Accept": "application/json;q=nonsense"}, False),
    ],
)
def test_json_is_for_those_who_prefer_it(path: str, headers: dict[str, str], expected: bool) -> None:
    assert prefers_json(make_mocked_request("GET", path, headers=headers)) is expected


def test_readmes_cannot_bring_html_or_scripts() -> None:
    shown = html_of("# T\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) **bold**")
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert "<strong>bold</strong>" in shown


def test_a_readmes_title_stands_below_the_pages_own() -> None:
    assert html_of("# Forest") == "<h2>Forest</h2>\n"

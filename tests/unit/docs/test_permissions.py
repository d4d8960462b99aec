"""docs/permissions.md is that of the route table; tests/integration/permissions tries its cells."""

from __future__ import annotations

from dashboard.web.app.application import all_endpoints
from dashboard.web.permissions.document import BEGINS, document
from tests.conftest import ROOT


def test_every_route_names_its_row_of_the_matrix() -> None:
    without = [
        f"{endpoint.method} {endpoint.path}" for endpoint in all_endpoints() if endpoint.permission is None
    ]
    assert without == [], "say permission=rows.… in the decorator: dashboard/web/permissions/rows.py"


def test_the_document_is_that_of_the_route_table() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    wanted = document(all_endpoints())
    assert text.endswith(wanted), "run python -m dashboard.web.permissions.document"
    assert text.count(BEGINS) == 1

"""What ``Accept`` asks for: JSON, CSV or a VOTable."""

from __future__ import annotations

import pytest

from deepaas_plugins.serve.formats.media_types import CSV_TYPE, VOTABLE_TYPE, choose


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", None),
        ("*/*", None),
        ("application/*", None),
        ("text/*", CSV_TYPE),
        ("text/csv", CSV_TYPE),
        ("text/xml", VOTABLE_TYPE),
        ("application/json;q=0.1, text/csv;q=0.9", CSV_TYPE),
        ("application/json, text/*;q=0.5", None),
        ("text/html, text/csv", CSV_TYPE),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", None),
        ("text/csv;q=0, text/*", VOTABLE_TYPE),
        ("application/json;q=0, */*", CSV_TYPE),
        ("image/png", None),
    ],
)
def test_the_type_that_is_named_with_most_weight_is_answered(accept: str, chosen: str | None) -> None:
    assert choose(accept) == chosen

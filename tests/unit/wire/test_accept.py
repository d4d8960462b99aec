"""What a caller accepts."""

from __future__ import annotations

import pytest

from wire.accept import media_weights


@pytest.mark.parametrize(
    ("accept", "weights"),
    [
        ("", {}),
        ("*/*", {"*/*": 1.0}),
        ("Text/HTML, application/json ; Q=0.5", {"text/html": 1.0, "application/json": 0.5}),
        ("text/csv; charset=utf-8; q=0.25", {"text/csv": 0.25}),
        ("text/csv;q=0", {"text/csv": 0.0}),
        ("text/csv;q=nonsense, text/xml;q=", {"text/csv": 0.0, "text/xml": 0.0}),
        (
            "text/csv;q=nan, text/xml;q=-1, text/html;q=inf",
            {"text/csv": 0.0, "text/xml": 0.0, "text/html": 1.0},
        ),
        ("text/csv;q=0.2, text/csv;q=0.9, text/csv;q=0.1", {"text/csv": 0.9}),
        (",, ;q=1,", {}),
    ],
)
def test_media_types_have_the_weights_of_the_header(accept: str, weights: dict[str, float]) -> None:
    assert media_weights(accept) == weights

"""A module as `huggins modules new` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.publishing.scaffold.scaffold import NewModule, write


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The folder of a new method."""
    return write(NewModule("wiggles"), tmp_path)

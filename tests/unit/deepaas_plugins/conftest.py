"""What the tests of methods share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deepaas_plugins.contract.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Return a run whose traces go to ``tmp_path/out``."""
    with Run(tmp_path / "out", cancel_file=tmp_path / "cancel") as run:
        yield run

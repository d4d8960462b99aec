"""A PostgreSQL server of the tests' own, and a short folder (a socket lies in it)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.jobs.conftest import postgresql

__all__ = ["postgresql"]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose path is short; it goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    yield folder
    shutil.rmtree(folder)

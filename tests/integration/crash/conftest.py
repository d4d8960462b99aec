"""A folder with a short path: a socket lies in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose path is short; it goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    yield folder
    shutil.rmtree(folder)

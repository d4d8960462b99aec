"""What all unit tests keep to."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

#: Packages that take seconds to import. What needs them trains, and stands in tests/methods.
TAKE_SECONDS = ("tensorflow", "keras", "umap")


@pytest.fixture(autouse=True)
def quick_imports() -> Iterator[None]:
    """Fail a test that imports what takes seconds: unit tests must stay quick as their number grows."""
    before = {name for name in TAKE_SECONDS if name in sys.modules}  # tests before may have needed it
    yield
    found = [name for name in TAKE_SECONDS if name in sys.modules and name not in before]
    assert not found, f"a unit test imports {found[0]}, which takes seconds: move it to tests/methods"

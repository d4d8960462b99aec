"""One database for each test, and statements that are compiled once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.dashboard.shared_statements import shared_statements


@pytest.fixture(scope="session", autouse=True)
def once() -> Iterator[None]:
    """Compile SQL and read entry points once for all tests of the session."""
    with shared_statements():
        yield


@pytest.fixture
def database_url() -> str:
    """Return the empty address: SQLite in the home."""
    return ""

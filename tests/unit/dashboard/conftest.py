"""Fixtures of the dashboard's services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.dashboard.shared_statements import shared_statements


@pytest.fixture(scope="session", autouse=True)
def once() -> Iterator[None]:
    """Compile SQL and read entry points once for all tests."""
    with shared_statements():
        yield

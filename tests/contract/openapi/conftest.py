"""A platform to fuzz."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.openapi.site import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a platform with a deployed forest."""
    made = Site(tmp_path_factory.mktemp("fuzzed"))
    made.start()
    try:
        yield made
    finally:
        made.stop()

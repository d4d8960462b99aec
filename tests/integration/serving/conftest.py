"""One trained forest, and our runtime serving it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.deepaas.servers import OURS, Server, serving


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the forest."""
    folder = tmp_path_factory.mktemp("served")
    with serving(OURS, "rdf", folder, "--max-files", "40", HUGGINS_MODEL=str(trained / "model")) as server:
        yield server

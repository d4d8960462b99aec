"""One trained forest, and our runtime serving it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from tests.contract.deepaas.servers import OURS, Server, serving
from tests.unit.deepaas_plugins.halpha import cycle, write_files


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``data/`` (FITS files) and ``model/`` (a forest)."""
    folder = tmp_path_factory.mktemp("trained")
    data = write_files(folder, cycle(36))
    with Run(folder / "run") as run:
        given = Training(Input("spectra", data, folder / "manifest.csv"), {"trees": 20, "folds": 0})
        train(plugin.method, given, run)
    (folder / "model").symlink_to(folder / "run" / "model")
    return folder


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the forest."""
    folder = tmp_path_factory.mktemp("served")
    with serving(OURS, "rdf", folder, "--max-files", "40", HUGGINS_MODEL=str(trained / "model")) as server:
        yield server

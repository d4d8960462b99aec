"""A trained forest for servers and gateways."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from tests.once import once
from tests.unit.deepaas_plugins.halpha import cycle, write_files


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``data/`` (FITS files) and ``model/`` (a forest)."""
    return once(tmp_path_factory, "trained", _train)


def _train(folder: Path) -> None:
    data = write_files(folder, cycle(36))
    with Run(folder / "run") as run:
        given = Training(Input("spectra", data, folder / "manifest.csv"), {"trees": 20, "folds": 0})
        train(plugin.method, given, run)
    (folder / "model").symlink_to(folder / "run" / "model")

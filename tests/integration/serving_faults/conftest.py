"""A forest that was trained on real stars, and some of them to ask about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.serving.forest import stars, train
from tests.once import once

ASKED = 24


@dataclass(frozen=True)
class Forest:
    """What is served.

    Attributes
    ----------
    model
        Folder of the trained model.
    stars
        Real files, by name.
    """

    model: Path
    stars: dict[str, bytes]


@pytest.fixture(scope="session")
def forest(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Forest:
    """Train on LAMOST's stars of types A, F, G and K through the batch entry."""
    folder = once(tmp_path_factory, "forest", lambda folder: train(data_folder, folder))
    rows = stars(data_folder)
    chosen = [data_folder / "lamost" / row["file"] for row in rows[:: len(rows) // ASKED][:ASKED]]
    return Forest(folder / "job" / "out" / "model", {path.name: path.read_bytes() for path in chosen})

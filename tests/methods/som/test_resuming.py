"""A training that goes on from a checkpoint ends with the map of one that was never interrupted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.checkpoints import Checkpoint, Checkpoints
from deepaas_plugins.contract.errors import Cancelled
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.som.model import SomModel
from spectra import FeatureSet

from .test_training import train


class CutOff(Run):
    """A run that is stopped right after the checkpoint of an epoch."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder, checkpoints=Checkpoints(folder, every_s=0))
        self.after = after

    def stop_if_cancelled(self) -> None:
        card = self.folder / "checkpoint" / "checkpoint.json"
        if card.is_file() and json.loads(card.read_text())["step"] >= self.after:
            raise Cancelled


def checkpoint(out: Path) -> Checkpoint:
    card = json.loads((out / "checkpoint" / "checkpoint.json").read_text())
    return Checkpoint(out / "checkpoint" / card["folder"], card["step"])


def interrupted(features: FeatureSet, folder: Path, after: int, **parameters: Any) -> Checkpoint:
    with CutOff(folder, after) as run, pytest.raises(Cancelled):
        train(features, run, **parameters)
    return checkpoint(folder)


def whole(features: FeatureSet, folder: Path, brought: Checkpoint | None, **parameters: Any) -> SomModel:
    with Run(folder, checkpoints=Checkpoints(folder, brought=brought)) as run:
        return train(features, run, **parameters)


def lines(folder: Path) -> list[tuple[str, float, int]]:
    """The metrics' curves, without their times."""
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [(line["name"], line["value"], line["step"]) for line in found]


@pytest.mark.parametrize(
    "parameters",
    [
        {"algorithm": "batch"},
        {"algorithm": "batch", "bmu_search": "probing", "distance": "cosine"},
        {"algorithm": "online"},
        {"algorithm": "online", "distance": "cosine", "topology": "hexagonal"},
    ],
    ids=lambda given: "-".join(map(str, given.values())),
)
@pytest.mark.parametrize("after", [1, 8])
def test_the_resumed_map_is_the_uninterrupted_one(
    features: FeatureSet, tmp_path: Path, parameters: dict[str, Any], after: int
) -> None:
    parameters = {"epochs": 10, **parameters}
    brought = interrupted(features, tmp_path / "first", after, **parameters)
    assert brought.step == after
    resumed = whole(features, tmp_path / "second", brought, **parameters)
    never = whole(features, tmp_path / "never", None, **parameters)
    np.testing.assert_array_equal(resumed.prototypes, never.prototypes)
    np.testing.assert_array_equal(resumed.class_counts, never.class_counts)
    assert lines(tmp_path / "second") == lines(tmp_path / "never")


def test_a_checkpoint_of_another_map_is_left_aside(features: FeatureSet, tmp_path: Path) -> None:
    brought = interrupted(features, tmp_path / "first", 3)
    resumed = whole(features, tmp_path / "second", brought, rows=5)
    never = whole(features, tmp_path / "never", None, rows=5)
    np.testing.assert_array_equal(resumed.prototypes, never.prototypes)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", None])
def test_a_checkpoint_that_cannot_be_read_is_left_aside(
    features: FeatureSet, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = interrupted(features, tmp_path / "first", 3)
    if content is None:
        shutil.rmtree(brought.folder)
    else:
        (brought.folder / "som.npz").write_bytes(content)
    whole(features, tmp_path / "second", brought)
    assert "the training begins anew" in capsys.readouterr().out

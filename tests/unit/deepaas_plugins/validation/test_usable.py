"""What nothing can be learned from is rejected before any method sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features

LEARNING = ("rdf", "convolutions", "ensemble", "parameters", "som")
CLASSIFYING = ("rdf", "convolutions", "ensemble")


def rejected(run: Run, method: str, features: Path, **parameters: Any) -> str:
    """Train through the pipeline; return why it was rejected."""
    with pytest.raises(InvalidInput) as caught:
        train(registry.method(method), Training(Input("features", features), parameters), run)
    # Nothing was computed: only preparing may have been told of.
    assert "train" not in (run.folder / "progress.jsonl").read_text()
    return str(caught.value)


def labels_of(method: str, rows: int = 30) -> list[str]:
    return [str(row) for row in range(rows)] if method == "parameters" else cycle(rows)


@pytest.mark.parametrize("method", [*LEARNING, "preprocessing"])
def test_columns_without_a_number_are_named(run: Run, tmp_path: Path, method: str) -> None:
    flux = profiles(GRID, cycle(30))
    flux[:, 3:5] = np.nan
    features = write_features(tmp_path / "f.parquet", labels_of(method), flux=flux)
    told = rejected(run, method, features)
    assert told.startswith("Column 3 (6523.6 Å), column 4 (6525.13 Å) have no finite number in any of the 30")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_spectrum_with_a_value_that_is_no_number_is_named(run: Run, tmp_path: Path, value: float) -> None:
    flux = profiles(GRID, cycle(30))
    flux[7, 0] = value
    features = write_features(tmp_path / "f.parquet", cycle(30), flux=flux)
    assert "star-7 (row 7 from 0) has no finite number in column 0" in rejected(run, "rdf", features)


@pytest.mark.parametrize("method", LEARNING)
def test_spectra_that_are_all_equal_are_rejected(run: Run, tmp_path: Path, method: str) -> None:
    features = write_features(tmp_path / "f.parquet", labels_of(method), flux=np.ones((30, len(GRID))))
    assert "All 30 spectra are equal: there is nothing to learn." in rejected(run, method, features)


@pytest.mark.parametrize("method", LEARNING)
def test_one_spectrum_alone_is_rejected(run: Run, tmp_path: Path, method: str) -> None:
    features = write_features(tmp_path / "f.parquet", labels_of(method, 1))
    assert "There is one spectrum only" in rejected(run, method, features)


@pytest.mark.parametrize("method", [*CLASSIFYING, "parameters"])
def test_spectra_of_one_object_are_rejected(run: Run, tmp_path: Path, method: str) -> None:
    flux = profiles(GRID, cycle(30))
    features = write_features(tmp_path / "f.parquet", labels_of(method), ["vega"] * 30, flux=flux)
    assert "All 30 labelled spectra are of one object (star-0)" in rejected(run, method, features)


@pytest.mark.parametrize("method", CLASSIFYING)
def test_classes_with_one_object_are_named(run: Run, tmp_path: Path, method: str) -> None:
    labels = [*cycle(30), "nova", "nova", "comet"]
    groups: list[str | None] = [*[f"star {row}" for row in range(30)], "one", "one", None]
    features = write_features(tmp_path / "f.parquet", labels, groups, flux=profiles(GRID, cycle(33)))
    told = rejected(run, method, features)
    assert "Class comet has one object only (star-32, 1 spectrum), and needs two" in told
    assert "The same holds for nova." in told


def test_a_step_of_a_scale_may_have_one_object(run: Run, tmp_path: Path) -> None:
    labels = [f"M{row % 9 / 2}" for row in range(36)] + ["L0"]
    features = write_features(tmp_path / "f.parquet", labels, flux=profiles(GRID, cycle(37)))
    parameters = {"task": "ordinal", "trees": 10, "folds": 3, "random_split": False}
    train(registry.method("rdf"), Training(Input("features", features), parameters), run)


@pytest.mark.parametrize("method", [*CLASSIFYING, "parameters"])
def test_more_folds_than_objects_are_rejected(run: Run, tmp_path: Path, method: str) -> None:
    groups: list[str | None] = [f"star {row % 6}" for row in range(30)]
    features = write_features(
        tmp_path / "f.parquet", labels_of(method), groups, flux=profiles(GRID, cycle(30))
    )
    told = rejected(run, method, features, folds=10)
    assert "6 different objects are fewer than the 10 folds" in told


@pytest.mark.parametrize("method", ["rdf", "convolutions"])
def test_labels_that_are_no_numbers_are_rejected_by_a_regression(
    run: Run, tmp_path: Path, method: str
) -> None:
    features = write_features(tmp_path / "f.parquet", cycle(30))
    assert "is no number, as regression needs" in rejected(run, method, features, task="regression")


@pytest.mark.parametrize(
    ("method", "labels", "message"),
    [
        ("rdf", [None] * 30, "None of the 30 spectra has a label"),
        ("parameters", ["teff=1", "logg=2"] * 15, "No spectrum has a value of each of teff, logg"),
        ("parameters", ["teff=nan"] * 30, "No spectrum has a value of each of its labels"),
    ],
)
def test_a_set_with_none_of_the_target_is_rejected(
    run: Run, tmp_path: Path, method: str, labels: list[str | None], message: str
) -> None:
    features = write_features(tmp_path / "f.parquet", labels, flux=profiles(GRID, cycle(30)))
    assert message in rejected(run, method, features)

"""Where the instrument alone predicts the class, the report says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.pipeline.validation import instruments
from deepaas_plugins.pipeline.validation.labelled import of_classes, of_values
from spectra import FeatureSet, import_features, iter_spectra, prepare
from spectra.recipe import Recipe
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features, write_files

METHOD = plugin.method


def judged(
    path: Path, labels: list[str], by: list[str | None], groups: list[str | None] | None = None
) -> instruments.InstrumentScore | None:
    flux = profiles(GRID, cycle(len(labels)))
    features = FeatureSet.open(write_features(path / "f.parquet", labels, groups, flux=flux, instruments=by))
    numbers = all(label.replace(".", "").isdigit() for label in labels)
    data = of_values(features) if numbers else of_classes(features)
    return instruments.measure(data, data.folds(3, np.arange(len(labels)), 0), features)


def test_an_instrument_of_each_class_predicts_it(tmp_path: Path) -> None:
    found = judged(tmp_path, cycle(60), [f"telescope of {name}" for name in cycle(60)])
    assert found is not None
    assert (found.score, found.chance, found.instruments) == (1.0, pytest.approx(1 / 3), 3)
    assert found.telling
    assert found.stated


def test_instruments_that_saw_all_classes_alike_are_no_better_than_chance(tmp_path: Path) -> None:
    found = judged(tmp_path, cycle(90), [f"t{row // 3 % 2}" for row in range(90)])
    assert found is not None
    assert found.score == pytest.approx(found.chance, abs=0.15)
    assert not found.telling


def test_many_spectra_of_one_object_are_one_piece_of_evidence(tmp_path: Path) -> None:
    # One object with 60 spectra was seen by a telescope of its own; all others were seen by both alike.
    labels = ["absorption"] * 60 + ["absorption", "emission"] * 20
    by: list[str | None] = ["a"] * 60 + ["b", "b", "c", "c"] * 10
    groups: list[str | None] = ["one"] * 60 + [f"star {row}" for row in range(40)]
    found = judged(tmp_path, labels, by, groups)
    assert found is not None
    assert not found.telling


def test_an_instrument_of_high_values_predicts_values(tmp_path: Path) -> None:
    values = [str(float(row % 2 * 10 + row % 3)) for row in range(60)]
    found = judged(tmp_path, values, [("faint", "bright")[row % 2] for row in range(60)])
    assert found is not None
    assert found.score > 0.9
    assert found.telling


@pytest.mark.parametrize("by", [[None] * 60, ["one"] * 60])
def test_no_or_one_instrument_tells_nothing(tmp_path: Path, by: list[str | None]) -> None:
    assert judged(tmp_path, cycle(60), by) is None


def test_the_report_on_leakage_says_that_the_instrument_predicts_the_class(run: Run, tmp_path: Path) -> None:
    by: list[str | None] = ["SDSS" if name == "emission" else "LAMOST" for name in cycle(60)]
    features = write_features(tmp_path / "f.parquet", cycle(60), instruments=by)
    parameters = load_parameters(METHOD.train_schema, {"trees": 10, "folds": 3, "random_split": False})
    METHOD.train(FeatureSet.open(features), parameters, run)
    report = json.loads((run.folder / "report" / "report.json").read_text())
    (leakage,) = (view for view in report["views"] if view["id"] == "leakage")
    assert "The instrument alone predicts the class (0.67, chance 0.33)" in leakage["help"]
    shown = {value["name"]: value["value"] for value in leakage["data"]["values"]}
    assert shown["instrument_alone"] == run.metrics["instrument_alone"] == pytest.approx(2 / 3)


def test_files_without_an_instrument_are_told_apart_by_their_sampling(tmp_path: Path) -> None:
    rows = ["path,label"]
    folder = tmp_path / "data"
    folder.mkdir()
    for row in range(40):
        step = 1.0 if row % 2 else 2.0
        grid = np.arange(6500.0, 6760.0, step)
        flux = 1.0 + np.random.default_rng(row).normal(0.0, 0.1, len(grid))
        table = "\n".join(f"{x},{y}" for x, y in zip(grid, flux, strict=True))
        (folder / f"s{row}.csv").write_text(f"wavelength (Angstrom),flux\n{table}\n")
        rows.append(f"s{row}.csv,{'new' if row % 2 else 'old'}")
    (tmp_path / "m.csv").write_text("\n".join(rows) + "\n")
    steps = [{"step": "resample", "minimum": 6510.0, "maximum": 6740.0, "points": 60}]
    prepare(
        folder,
        Recipe.from_json({"schema": 1, "steps": steps}),
        tmp_path / "f.parquet",
        manifest=tmp_path / "m.csv",
    )
    features = FeatureSet.open(tmp_path / "f.parquet")
    data = of_classes(features)
    found = instruments.measure(data, data.folds(4, np.arange(40), 0), features)
    assert found is not None
    assert (found.score, found.instruments, found.stated) == (1.0, 2, False)


@pytest.mark.parametrize("column", ["instrument", "survey", "telescope", "source"])
def test_a_column_of_the_manifest_names_the_instrument(tmp_path: Path, column: str) -> None:
    data = write_files(tmp_path, cycle(3))
    manifest = data.parent / "named.csv"
    lines = [f"path,{column}", *(f"{file.name},MMT" for file in sorted(data.glob("*.fits")))]
    manifest.write_text("\n".join(lines) + "\n")
    assert {each.meta.extra["instrument"] for each in iter_spectra(data, manifest=manifest)} == {"MMT"}


def test_the_instruments_of_an_imported_matrix_are_kept_and_exported(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"features": np.ones((3, 5), np.float32), "instruments": ["a", "", "b"]}
    np.savez(tmp_path / "m.npz", **arrays)
    features = import_features(tmp_path / "m.npz", tmp_path / "f.parquet")
    observed = features.observations()
    assert observed is not None
    assert list(observed.instruments) == ["a", None, "b"]

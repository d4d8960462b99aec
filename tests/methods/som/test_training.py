from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.som.method import SelfOrganisingMap
from deepaas_plugins.methods.som.model import SomModel
from spectra import FeatureSet, FeatureSetWriter
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features
from tests.unit.deepaas_plugins.som.conftest import batch_of

METHOD = SelfOrganisingMap()


def train(features: FeatureSet, run: Run, **parameters: Any) -> SomModel:
    given = {"rows": 6, "columns": 7, "epochs": 15} | parameters
    return METHOD.train(features, load_parameters(METHOD.train_schema, given), run)


def view(run: Run, name: str) -> dict[str, Any]:
    report = json.loads((run.folder / "report" / "report.json").read_text())
    return next(found["data"] for found in report["views"] if found["id"] == name)


def marks(run: Run, name: str) -> np.ndarray:
    return np.load(run.folder / "report" / view(run, name)["marks"], allow_pickle=False)


@pytest.mark.parametrize("algorithm", ["batch", "online"])
@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_a_map_puts_the_kinds_of_profiles_into_cells_of_their_own(
    features: FeatureSet, run: Run, algorithm: str, topology: str
) -> None:
    train(features, run, algorithm=algorithm, topology=topology)
    assert run.metrics["purity"] > 0.97
    assert run.metrics["purity"] + run.metrics["impurity"] == pytest.approx(1)
    assert run.metrics["baseline_majority"] <= run.metrics["baseline_shuffled"] < run.metrics["purity"]
    assert run.metrics["beats_baselines"] == 1.0
    assert run.metrics["topographic_error"] < 0.25


def test_a_map_that_does_not_part_the_classes_says_so(run: Run, tmp_path: Path) -> None:
    flux = np.random.default_rng(0).normal(1.0, 0.1, (60, len(GRID)))
    features = FeatureSet.open(
        write_features(tmp_path / "n.parquet", ["absorption"] * 59 + ["double"], flux=flux)
    )
    train(features, run, rows=2, columns=2, epochs=3)
    report = json.loads((run.folder / "report" / "report.json").read_text())
    (quality,) = (each for each in report["views"] if each["id"] == "quality")
    assert quality["help"].startswith(
        "The map does not part the classes better than chance: class purity 0.98"
    )
    assert run.metrics["beats_baselines"] == 0.0


@pytest.mark.parametrize(
    "parameters",
    [
        {"neighbourhood": "bubble"},
        {"distance": "cosine"},
        {"distance": "cosine", "algorithm": "online"},
        {"initialisation": "random", "radius": 3.5, "radius_decay": "exponential"},
        {"learning_rate": 0.8, "learning_rate_decay": "inverse", "radius_decay": "inverse"},
        {"bmu_search": "probing"},
        {"threads": 1},
    ],
)
def test_every_way_of_training_finds_the_kinds(
    features: FeatureSet, run: Run, parameters: dict[str, Any]
) -> None:
    train(features, run, **parameters)
    assert run.metrics["purity"] > 0.95


def test_the_map_view_counts_what_its_marks_say(features: FeatureSet, run: Run) -> None:
    train(features, run)
    data, cell = view(run, "map"), marks(run, "map")
    labels = features.labels()
    assert cell.dtype == np.int32
    assert cell.shape == (features.rows,)
    assert (data["rows"], data["columns"], data["topology"]) == (6, 7, "hexagonal")
    np.testing.assert_array_equal(np.bincount(cell, minlength=42).reshape(6, 7), data["hits"])
    for row in range(6):
        for column in range(7):
            inside = [labels[k] for k in np.flatnonzero(cell == row * 7 + column)]
            known = [label for label in inside if label]
            counted = {name: data["class_counts"][name][row][column] for name in data["class_counts"]}
            assert counted == {name: known.count(name) for name in counted}
            if not known:
                assert data["majority"][row][column] is None
                assert data["purity"][row][column] is None
            else:
                best = max(counted.values())
                assert counted[data["majority"][row][column]] == best
                assert data["purity"][row][column] == pytest.approx(best / len(known))
    prototypes = np.load(run.folder / "report" / data["prototypes"], allow_pickle=False)
    assert prototypes.shape == (42, 140)
    np.testing.assert_allclose(data["wavelength"], features.wavelength)


def test_the_strangest_spectrum_leads_the_table_of_outliers(features: FeatureSet, run: Run) -> None:
    train(features, run, outliers=5)
    data = view(run, "outliers")
    names = [column["name"] for column in data["columns"]]
    first = dict(zip(names, data["rows"][0], strict=True))
    assert first["spectrum"] == 299
    assert first["name"] == "star-299"
    assert len(data["rows"]) == 5
    distances = [row[names.index("distance")] for row in data["rows"]]
    assert distances == sorted(distances, reverse=True)


def test_every_spectrum_is_in_a_bar_of_the_histogram_of_distances(features: FeatureSet, run: Run) -> None:
    train(features, run)
    assert (marks(run, "distances") >= 0).all()
    assert sum(view(run, "distances")["counts"]) == features.rows
    assert marks(run, "distances")[299] == len(view(run, "distances")["counts"]) - 1


def test_component_planes_are_the_prototypes_at_their_wavelengths(features: FeatureSet, run: Run) -> None:
    train(features, run, component_planes=3, plane_wavelengths=[6564.6, 99999.0])
    data = view(run, "planes")
    planes = np.load(run.folder / "report" / data["planes"], allow_pickle=False)
    prototypes = np.load(run.folder / "report" / view(run, "map")["prototypes"], allow_pickle=False)
    assert data["names"][0] == "6519.0 Å"
    assert data["names"][-1] == "6732.0 Å"
    assert len(data["names"]) == 4  # three evenly spaced, one asked for, none outside the grid
    nearest = int(np.abs(features.wavelength - 6564.6).argmin())
    assert f"{features.wavelength[nearest]:.1f} Å" in data["names"]
    np.testing.assert_allclose(planes[0].ravel(), prototypes[:, 0])


def test_progress_and_the_quantisation_error_come_with_every_epoch(features: FeatureSet, run: Run) -> None:
    for algorithm in ("batch", "online"):
        train(features, run, epochs=4, algorithm=algorithm)
        assert view(run, "training")["series"][0]["x"] == [1, 2, 3, 4]
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    steps = [line["step"] for line in lines if line["name"] == "quantisation_error"]
    assert steps == [1, 2, 3, 4, None] * 2
    progress = [json.loads(line) for line in (run.folder / "progress.jsonl").read_text().splitlines()]
    assert {"train", "report"} <= {line["phase"] for line in progress}


@pytest.mark.parametrize("algorithm", ["batch", "online"])
def test_a_cancelled_run_stops(features: FeatureSet, run: Run, algorithm: str) -> None:
    run.cancel()
    with pytest.raises(Cancelled):
        train(features, run, algorithm=algorithm)


def test_a_map_needs_no_labels_and_no_wavelengths(tmp_path: Path, run: Run) -> None:
    flux = profiles(GRID, cycle(100)).astype(np.float32)
    with FeatureSetWriter(tmp_path / "plain.parquet", wavelength=None) as writer:
        writer.write(batch_of(flux))
    features = FeatureSet.open(tmp_path / "plain.parquet")
    model = train(features, run)
    assert model.classes is None
    assert "purity" not in run.metrics
    assert view(run, "map")["wavelength"] is None
    assert view(run, "planes")["names"][0] == "column 0"
    answer = model.predict(features.take([0]), load_parameters(METHOD.predict_schema, {}))[0]
    assert set(answer) == {"name", "cell", "distance", "is_outlier"}
    features.close()


def test_an_empty_size_becomes_a_square_map_of_about_five_times_the_root_of_the_number_of_spectra(
    features: FeatureSet, run: Run
) -> None:
    model = train(features, run, rows=None, columns=None)
    assert model.grid.rows == model.grid.columns == 9  # 5·√300 = 87 cells
    assert model.parameters["rows"] == 9


def test_one_spectrum_is_a_map_too(tmp_path: Path, run: Run) -> None:
    features = FeatureSet.open(write_features(tmp_path / "one.parquet", ["emission"]))
    for initialisation in ("pca", "random"):
        train(features, run, initialisation=initialisation, rows=1, columns=1)
    assert run.metrics["quantisation_error"] == pytest.approx(0, abs=1e-5)
    assert view(run, "map")["hits"] == [[1]]
    features.close()


def test_the_same_seed_gives_the_same_map(features: FeatureSet, run: Run) -> None:
    first = train(features, run, initialisation="random", seed=4).prototypes
    np.testing.assert_allclose(train(features, run, initialisation="random", seed=4).prototypes, first)
    assert not np.allclose(train(features, run, initialisation="random", seed=5).prototypes, first)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rows": 0}, "rows"),
        ({"columns": 201}, "columns"),
        ({"topology": "torus"}, "topology"),
        ({"radius": 0}, "radius"),
        ({"radius": 0.5}, "radius_end"),
        ({"learning_rate": 1.5}, "learning_rate"),
        ({"algorithm": "online", "bmu_search": "probing"}, "batch algorithm"),
        ({"radius": float("nan")}, "radius"),
        ({"sigma": 3}, "sigma"),
    ],
)
def test_a_parameter_out_of_range_is_rejected_by_name(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_parameters(METHOD.train_schema, parameters)


def test_a_map_that_is_a_line_is_ordered_too(features: FeatureSet, run: Run) -> None:
    train(features, run, rows=1, columns=20, initialisation="random")
    assert run.metrics["topographic_error"] < 0.3
    assert run.metrics["purity"] > 0.95

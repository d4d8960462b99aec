"""A whole dataset predicted in a job: files, report, rejections, and memory that does not grow."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io.votable import parse_single_table
from astropy.io.votable import validate as votable
from astropy.io.votable.ucd import parse_ucd

from deepaas_plugins.contract.method import Method
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods import rdf, som
from deepaas_plugins.pipeline.columns import KNOWN
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.table import PredictionTable, flat
from deepaas_plugins.pipeline.training import Training, train
from spectra import Batch, Source
from tests.unit.deepaas_plugins.halpha import CLASSES, GRID, cycle, profiles, write_features, write_files

RDF, SOM = rdf.plugin.method, som.plugin.method
TRAINED_ON = "0" * 64


def model_of(tmp_path: Path, method: Method, parameters: dict[str, Any], labels: list[Any]) -> Path:
    """Train on a feature set; return the model's folder."""
    path = write_features(
        tmp_path / "training.parquet", labels, flux=profiles(GRID, cycle(len(labels)), seed=1)
    )
    with Run(tmp_path / f"training-{method.name}") as run:
        train(method, Training(Input("features", path, sha256=TRAINED_ON), parameters), run)
    return tmp_path / f"training-{method.name}" / "model"


def job(folder: Path, model: Path, data: Path, **given: Any) -> Path:
    """Write the folder of a prediction, with links for what is mounted elsewhere."""
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "model").symlink_to(model)
    (folder / "in" / "data").symlink_to(data)
    told = {"kind": "features", "path": "in/data", "manifest": None, "name": "new", "sha256": None, **given}
    document = {"schema": 1, "job": "j", "attempt": "a", "action": "predict", "input": told, "parameters": {}}
    (folder / "job.json").write_text(json.dumps(document))
    return folder


def predicted(folder: Path, expected: int = 0) -> dict[str, Any]:
    """Run the batch entry; return ``exit.json``."""
    done = subprocess.run([sys.executable, "-m", "deepaas_plugins.batch"], cwd=folder, check=False)
    ended: dict[str, Any] = json.loads((folder / "out" / "exit.json").read_text())
    assert done.returncode == expected, ended
    return ended


def views_of(folder: Path) -> dict[str, Any]:
    report = json.loads((folder / "out" / "report" / "report.json").read_text())
    return {view["id"]: view for view in report["views"]}


def marks(folder: Path, view: dict[str, Any]) -> np.ndarray:
    return np.asarray(np.load(folder / "out" / "report" / view["data"]["marks"]))


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_of(tmp_path_factory.mktemp("forest"), RDF, {"trees": 20, "folds": 2}, cycle(60))


@pytest.fixture(scope="module")
def files_job(tmp_path_factory: pytest.TempPathFactory, forest: Path) -> Path:
    """Return a job that predicted 13 files, one of them no spectrum."""
    tmp_path = tmp_path_factory.mktemp("files")
    data = write_files(tmp_path, cycle(12))
    (data / "odd.fits").write_bytes(b"SIMPLE  = nonsense")
    folder = job(tmp_path / "job", forest, data, kind="spectra", path="in/data")
    assert predicted(folder)["reason"] == "12 spectra are predicted."
    return folder


def test_three_files_hold_the_same_rows(files_job: Path) -> None:
    out = files_job / "out"
    parquet = pq.read_table(out / "predictions.parquet")
    with (out / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = parse_single_table(out / "predictions.vot")
    votes = table.to_table()
    assert parquet.num_rows == len(rows) == len(votes) == 12
    assert parquet.column_names == list(rows[0]) == list(votes.colnames)
    assert parquet["row"].to_pylist() == list(range(12))
    assert parquet["label"].to_pylist() == [row["label"] for row in rows] == list(votes["label"])
    assert np.allclose(parquet["probability"].to_numpy(), [float(row["probability"]) for row in rows])
    assert np.allclose(parquet["probability"].to_numpy(), votes["probability"])
    shares = np.stack([parquet[f"p_{name}"].to_numpy() for name in CLASSES])
    assert np.allclose(shares.max(axis=0), parquet["probability"].to_numpy())
    assert sorted(set(parquet["path"].to_pylist())) == sorted({f"star-{row}.fits" for row in range(12)})


def test_the_votable_is_valid_and_says_what_its_columns_mean(files_job: Path, tmp_path: Path) -> None:
    path = files_job / "out" / "predictions.vot"
    with (tmp_path / "said").open("w") as said:
        assert votable(str(path), output=said), (tmp_path / "said").read_text()
    fields = {field.name: field for field in parse_single_table(path).fields}
    assert fields["label"].ucd == "meta.code.class;meta.modelled"
    assert fields["p_double"].ucd == fields["probability"].ucd == "stat.probability"
    assert fields["p_double"].description == "Probability of the class double"
    assert fields["name"].ucd == "meta.id;meta.main"


def test_every_ucd_is_one() -> None:
    for _, _, ucd in KNOWN.values():
        assert parse_ucd(ucd, check_controlled_vocabulary=True)


def test_rejected_files_are_named_as_the_dataset_names_them(files_job: Path) -> None:
    with (files_job / "out" / "rejected.csv").open(newline="") as file:
        [rejected] = csv.DictReader(file)
    assert rejected["source"] == "odd.fits"
    assert "/in/data" not in rejected["reason"]
    assert views_of(files_job)["rejected"]["data"]["rows"][0][0] == "odd.fits"


def test_the_report_leads_from_classes_and_probabilities_to_rows(tmp_path: Path, forest: Path) -> None:
    labels = [*cycle(28), None, "unheard of"]
    data = write_features(tmp_path / "new.parquet", labels, flux=profiles(GRID, cycle(30), seed=9))
    folder = job(tmp_path / "job", forest, data)
    predicted(folder)
    views = views_of(folder)
    said = pq.read_table(folder / "out" / "predictions.parquet")["label"].to_pylist()
    bars = views["predicted"]
    assert (bars["kind"], bars["data"]["names"]) == ("histogram", list(CLASSES))
    assert [CLASSES[mark] for mark in marks(folder, bars)] == said
    assert bars["data"]["counts"] == [said.count(name) for name in CLASSES]
    assert sum(views["confidence"]["data"]["counts"]) == 30
    confident = [row[:4] for row in views["most-confident"]["data"]["rows"]]
    for name in CLASSES:
        shares = [row[3] for row in confident if row[2] == name]
        assert shares == sorted(shares, reverse=True)
        assert len(shares) == min(20, said.count(name))
    assert {row[0] for row in confident} <= set(range(30))
    metrics = json.loads((folder / "out" / "summary.json").read_text())["metrics"]
    assert metrics["spectra_predicted"] == 30
    matrix = views["confusion"]
    assert matrix["data"]["split"] == "labels of this dataset"
    assert (
        np.sum(matrix["data"]["counts"]) == 28
    )  # without those of no class, or of none that the model knows
    assert metrics["accuracy"] == pytest.approx(
        np.mean([label == answer for label, answer in zip(labels[:28], said, strict=False)])
    )


def test_the_spectra_of_the_training_are_no_measure_of_quality_and_the_report_says_so(
    tmp_path: Path, forest: Path
) -> None:
    data = write_features(tmp_path / "new.parquet", cycle(9), flux=profiles(GRID, cycle(9)))
    folder = job(tmp_path / "job", forest, data, sha256=TRAINED_ON)
    predicted(folder)
    assert "no measure of its quality" in views_of(folder)["confusion"]["data"]["split"]


def test_a_map_shows_where_spectra_lie_and_which_are_outliers(tmp_path: Path) -> None:
    model = model_of(tmp_path, SOM, {"rows": 4, "columns": 5, "epochs": 3}, cycle(60))
    flux = profiles(GRID, cycle(20), seed=4)
    flux[7] = 30.0 * np.sin(GRID)
    data = write_features(tmp_path / "new.parquet", [None] * 20, flux=flux)
    folder = job(tmp_path / "job", model, data)
    predicted(folder)
    views = views_of(folder)
    table = pq.read_table(folder / "out" / "predictions.parquet")
    cells = (table["cell_row"].to_numpy() * 5 + table["cell_column"].to_numpy()).tolist()
    assert marks(folder, views["map"]).tolist() == cells
    assert np.sum(views["map"]["data"]["hits"]) == 20
    assert views["outliers"]["data"]["rows"][0][0] == 7
    assert table["is_outlier"].to_pylist()[7] is True
    assert sum(views["distances"]["data"]["counts"]) == 20
    assert "confusion" not in views


def test_numbers_are_predicted_with_their_spread(tmp_path: Path) -> None:
    labels = [str(number / 10) for number in range(60)]
    model = model_of(tmp_path, RDF, {"task": "regression", "trees": 20, "folds": 2}, labels)
    data = write_features(tmp_path / "new.parquet", [None] * 7, flux=profiles(GRID, cycle(7)))
    folder = job(tmp_path / "job", model, data)
    predicted(folder)
    views = views_of(folder)
    assert sum(views["values"]["data"]["counts"]) == 7
    assert len(views["first"]["data"]["rows"]) == 7


def test_a_feature_set_of_another_recipe_is_rejected_in_one_sentence(tmp_path: Path, forest: Path) -> None:
    data = write_features(tmp_path / "new.parquet", cycle(5))
    short = tmp_path / "short.parquet"
    table = pq.read_table(data)
    told = json.loads(table.schema.metadata[b"huggins"])
    told["recipe"]["steps"] = told["recipe"]["steps"][:-1]
    pq.write_table(table.replace_schema_metadata({b"huggins": json.dumps(told)}), short)
    ended = predicted(job(tmp_path / "job", forest, short), expected=2)
    assert "prepared by another recipe" in ended["reason"]


def test_what_is_no_scalar_is_told_apart_and_long_lists_are_left_out() -> None:
    row = flat(
        {"name": "a", "probabilities": {"x": 0.5}, "cell": {"row": 1}, "peaks": [1, 2], "features": [0] * 99}
    )
    assert row == {"name": "a", "p_x": 0.5, "cell_row": 1, "peaks": "[1, 2]"}


def test_names_and_classes_of_any_letters_and_chunks_of_other_columns_are_written(tmp_path: Path) -> None:
    odd = 'a<b>&"\x01\u2028ü'
    where = Source("/job/in/data/x.fits", 1, 2)
    grid = np.zeros((1, 3), dtype=np.float32)
    one = Batch(grid, None, [odd], [None], [None], [where], positions=np.array([[1.5, -2.5]]))
    two = Batch(grid, None, ["b"], ["x"], [None], [where])
    with PredictionTable(tmp_path, "/job/in/data/") as table:
        table.add(one, [{"name": odd, "label": odd, f"p_{odd}": 1, "score": None}])
        table.add(two, [{"name": "b", "label": None, "score": 2.5}])
        table.finish({"method": odd})
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "predictions.csv",
        "predictions.parquet",
        "predictions.vot",
    ]
    votes = parse_single_table(tmp_path / "predictions.vot", verify="ignore").to_table(
        use_names_over_ids=True
    )
    clean = odd.replace("\x01", "")
    assert (list(votes["name"]), votes["label"][0]) == ([clean, "b"], clean)
    assert (votes[f"p_{clean}"][0], votes["score"][1], votes["path"][0]) == (1.0, 2.5, "x.fits")
    assert (
        votes["ra"][0],
        votes["dec"][0],
        bool(np.ma.is_masked(votes["ra"][1]) or np.isnan(votes["ra"][1])),
    ) == (
        1.5,
        -2.5,
        True,
    )
    parquet = pq.read_table(tmp_path / "predictions.parquet").to_pylist()
    assert [row["name"] for row in parquet] == [odd, "b"]
    assert [row["score"] for row in parquet] == [None, 2.5]
    with (tmp_path / "predictions.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [odd, "b"]


MEASURE = """
import re, runpy, sys
sys.argv = ["batch"]
try:
    runpy.run_module("deepaas_plugins.batch", run_name="__main__")
finally:
    # Not ru_maxrss, which begins with the peak of the process that started this one.
    open("peak", "w").write(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def peak_mb(folder: Path) -> float:
    """Run a job; return the most memory that its process had."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", MEASURE], cwd=folder, check=True, env=environment)
    return int((folder / "peak").read_text()) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux'")
def test_memory_does_not_grow_with_the_number_of_spectra(tmp_path: Path, forest: Path) -> None:
    small = write_features(tmp_path / "small.parquet", [None] * 3000, flux=profiles(GRID, cycle(3000)))
    table = pq.read_table(small)
    large = tmp_path / "large.parquet"
    with pq.ParquetWriter(large, table.schema) as writer:
        for _ in range(33):
            writer.write_table(table)
    few = peak_mb(job(tmp_path / "few", forest, small))
    many = peak_mb(job(tmp_path / "many", forest, large))
    assert pq.ParquetFile(tmp_path / "many" / "out" / "predictions.parquet").metadata.num_rows == 99_000
    # Pages of mapped files count too, the features have 55 MB; the predictions as objects would be 130 more.
    assert many - few < 150, f"{few:.0f} MB for 3,000 spectra, {many:.0f} MB for 99,000"


def test_the_report_says_which_spectra_are_unlike_the_training_set(tmp_path: Path) -> None:
    model = model_of(tmp_path, RDF, {"trees": 10}, cycle(60))
    flux = profiles(GRID, cycle(9), seed=3)
    flux[4] += np.sin(GRID)
    data = write_features(tmp_path / "new.parquet", [None] * 9, flux=flux)
    folder = job(tmp_path / "job", model, data)
    predicted(folder)
    views = {
        view["id"]: view for view in json.loads((folder / "out/report/report.json").read_text())["views"]
    }
    assert views["domain"]["data"]["names"] == ["inside", "edge", "outside"]
    marks = np.load(folder / "out" / "report" / "domain-marks.npy")
    assert marks[4] == 2
    first = views["outside-domain"]["data"]["rows"][0]
    assert (first[0], first[2], first[3]) == (4, "outside", "flux")
    assert "farther from the training spectra" in first[4]
    metrics = json.loads((folder / "out" / "summary.json").read_text())["metrics"]
    assert sum(metrics[f"domain:{name}"] for name in ("inside", "edge", "outside")) == 9
    table = pq.read_table(folder / "out" / "predictions.parquet")
    assert table["domain_causes"].to_pylist()[4] == "flux"
    assert table["domain_state"].to_pylist()[4] == "outside"


def test_several_values_are_reported_each_with_its_interval(tmp_path: Path) -> None:
    from deepaas_plugins.methods import parameters  # noqa: PLC0415 - scikit-learn

    labels = [f"teff={5000 + 20 * row}; fe_h={row / 60:.2f}" for row in range(60)]
    model = model_of(tmp_path, parameters.plugin.method, {"trees": 5, "folds": 3, "components": 5}, labels)
    data = write_features(tmp_path / "new.parquet", [None] * 9, flux=profiles(GRID, cycle(9), seed=3))
    folder = job(tmp_path / "job", model, data)
    predicted(folder)
    views = {
        view["id"]: view for view in json.loads((folder / "out/report/report.json").read_text())["views"]
    }
    columns = [column["name"] for column in views["first"]["data"]["columns"]]
    assert {"teff", "teff_sigma", "teff_interval_low", "fe_h", "fe_h_interval_high"} <= set(columns)
    assert "values-teff" in views
    table = pq.read_table(folder / "out" / "predictions.parquet")
    low, value = table["fe_h_interval_low"].to_pylist(), table["fe_h"].to_pylist()
    assert all(one < other for one, other in zip(low, value, strict=True))

"""A run of `lines`: catalogue, report, and a model that answers alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io.votable import parse_single_table

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES

from .conftest import GRID, METHOD, SHAPES, parameters, spectra_of, write

NAMES = [*SHAPES, "none"]


def sets_of(folder: Path, **more: object):
    shapes = [SHAPES.get(name, 0.0 * GRID) for name in NAMES] * 2
    flux = spectra_of(shapes, 60.0)
    flux[-1, 60:140] = 0.0
    return write(folder / "features.parquet", flux, labels=NAMES * 2, **more)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("lines")
    features = sets_of(folder)
    with Run(folder / "out") as run:
        model = METHOD.train(features, parameters(injected=1500), run)
    return folder, features, run, model


def test_the_catalogue_has_every_spectrum_and_every_line(done) -> None:
    folder, features, run, _ = done
    profiles = pq.read_table(folder / "out" / "profiles.parquet")
    assert profiles.num_rows == features.rows
    rows = profiles.to_pylist()
    assert sum(row["label"] == name for row, name in zip(rows, NAMES * 2, strict=True)) >= 12
    assert rows[-1]["label"] is None
    assert rows[-1]["ew"] is None
    assert profiles.schema.field("ew").metadata[b"unit"] == b"Angstrom"
    lines = pq.read_table(folder / "out" / "lines.parquet")
    assert lines.num_rows == run.metrics["lines_found"]
    assert "Hα" in set(lines["line"].to_pylist())


@pytest.mark.filterwarnings("ignore:The unit 'Angstrom'")
def test_votables_hold_the_same(done) -> None:
    folder, _, _, _ = done
    for name in ("profiles", "lines"):
        table = parse_single_table(folder / "out" / f"{name}.vot").to_table()
        plain = pq.read_table(folder / "out" / f"{name}.parquet")
        assert len(table) == plain.num_rows
        ours = np.array(plain["ew"].to_pylist(), dtype=float)
        np.testing.assert_allclose(np.ma.filled(table["ew"], np.nan), ours, equal_nan=True)
        assert str(table["ew"].unit) == "Angstrom"


def test_the_report_counts_classes_and_lists_emission(done) -> None:
    folder, _, run, _ = done
    report = json.loads((folder / "out" / "report" / "report.json").read_text())
    views = {view["id"]: view for view in report["views"]}
    assert sum(views["profiles"]["data"]["counts"]) == 13 == run.metrics["covered"]
    assert "1 spectra do not cover" in views["profiles"]["help"]
    assert len(views["emission"]["data"]["rows"]) == run.metrics["emission"]
    assert {row[0] for row in views["labels"]["data"]["rows"]} == set(NAMES)
    assert [row[0] for row in views["injected"]["data"]["rows"]] == list(CLASSES)
    assert run.metrics["injected_precision"] > 0.9


def test_a_saved_model_answers_as_the_run_did(done, tmp_path: Path) -> None:
    folder, features, _, model = done
    model.save(tmp_path)
    loaded = METHOD.load(tmp_path)
    batch = features.take(range(features.rows))
    asked = load_parameters(METHOD.predict_schema, {})
    answers = loaded.predict(batch, asked)
    assert answers == model.predict(batch, asked)
    rows = pq.read_table(folder / "out" / "profiles.parquet").to_pylist()
    assert [one["label"] for one in answers] == [row["label"] for row in rows]
    assert answers[-1]["covered"] is False
    assert json.loads(json.dumps(answers, allow_nan=False)) == answers
    assert "lines" not in loaded.predict(batch, {"lines": False})[0]


@pytest.mark.parametrize("damage", ["missing", "shape", "parameters"])
def test_a_damaged_model_is_rejected(done, tmp_path: Path, damage: str) -> None:
    done[3].save(tmp_path)
    path = tmp_path / "classifier.npz"
    if damage == "missing":
        path.unlink()
    elif damage == "shape":
        np.savez(path, centre=np.zeros(3))
    else:
        card = json.loads((tmp_path / "model.json").read_text())
        card["parameters"]["line"] = "no such line"
        (tmp_path / "model.json").write_text(json.dumps(card))
    with pytest.raises(InvalidInput):
        METHOD.load(tmp_path)


@pytest.mark.parametrize(
    "step",
    [
        {"step": "scale", "method": "minmax"},
        {"step": "continuum", "method": "polynomial", "operation": "subtract"},
    ],
)
def test_recipes_that_lose_the_zero_of_the_flux_are_rejected(tmp_path: Path, step: dict[str, str]) -> None:
    features = sets_of(tmp_path, steps=[step])
    with Run(tmp_path / "out") as run, pytest.raises(InvalidInput, match=r"Step 1 .* zero of the flux"):
        METHOD.train(features, parameters(), run)


def test_spectra_that_all_lack_the_line_are_rejected_and_leave_no_catalogue(tmp_path: Path) -> None:
    flux = spectra_of([0.0 * GRID] * 3, 50.0)
    flux[:, 60:140] = 0.0
    features = write(tmp_path / "features.parquet", flux)
    with Run(tmp_path / "out") as run, pytest.raises(InvalidInput, match="None of the 3 spectra covers"):
        METHOD.train(features, parameters(), run)


def test_a_cancelled_run_ends(tmp_path: Path) -> None:
    features = sets_of(tmp_path)
    with Run(tmp_path / "out") as run:
        run.cancel()
        with pytest.raises(Cancelled):
            METHOD.train(features, parameters(), run)
    assert not list((tmp_path / "out").glob("*.vot"))

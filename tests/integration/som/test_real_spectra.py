from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.som.method import SelfOrganisingMap
from deepaas_plugins.methods.som.model import SomModel
from spectra import Batch, FeatureSet, FeatureSetWriter, Recipe, Source, iter_spectra, prepare

pytestmark = pytest.mark.data

METHOD = SelfOrganisingMap()

#: Lines of the blue, the continuum divided out: what stays the same from visit to visit is the star.
LINES = [
    {"step": "degrade", "resolution": 800},
    {"step": "continuum", "method": "polynomial", "degree": 5},
    {"step": "cutout", "minimum": 3950, "maximum": 5400},
    {"step": "resample", "minimum": 3950, "maximum": 5400, "points": 300},
]

#: The whole optical shape of a star, continuum and all.
SHAPE = [
    {"step": "degrade", "resolution": 600},
    {"step": "cutout", "minimum": 3900, "maximum": 6800},
    {"step": "resample", "minimum": 3900, "maximum": 6800, "points": 400},
    {"step": "scale", "method": "median"},
]


def trained(features: FeatureSet, folder: Path, **parameters: Any) -> tuple[SomModel, np.ndarray]:
    """Train, save, load again; the model and the cell of each row."""
    with Run(folder) as run:
        METHOD.train(features, load_parameters(METHOD.train_schema, parameters), run).save(folder / "model")
    return METHOD.load(folder / "model"), np.load(folder / "report" / "map-marks.npy", allow_pickle=False)


def prepared(source: Path, steps: list[dict[str, Any]], folder: Path) -> FeatureSet:
    prepare(source, Recipe.from_json({"schema": 1, "steps": steps}), folder / "features.parquet")
    return FeatureSet.open(folder / "features.parquet")


def test_repeat_visits_of_a_star_share_a_cell_or_lie_in_neighbouring_ones(
    data_folder: Path, tmp_path: Path
) -> None:
    """26 pairs of LAMOST visits: 73 % were seen to lie so on an 8×8 map, 9 % of random pairs."""
    features = prepared(data_folder / "lamost" / "lrs_ccf", LINES, tmp_path)
    model, cell = trained(features, tmp_path, rows=8, columns=8)
    groups: dict[str, list[int]] = {}
    for row, group in enumerate(features.groups()):
        if group is not None:
            groups.setdefault(group, []).append(row)
    visits = np.array([pair for rows in groups.values() for pair in itertools.combinations(rows, 2)])
    others = np.array(list(itertools.combinations(range(features.rows), 2)))
    assert len(visits) == 26

    def together(pairs: np.ndarray) -> float:
        first, second = cell[pairs[:, 0]], cell[pairs[:, 1]]
        return float(((first == second) | model.grid.adjacent(first, second)).mean())

    assert together(visits) > 0.6
    assert together(others) < 0.2


def test_galaxies_and_quasars_are_outliers_on_a_map_of_stars_and_other_stars_are_not(
    data_folder: Path, tmp_path: Path
) -> None:
    features = prepared(data_folder / "miles" / "miles_matrix.npz", SHAPE, tmp_path)
    model, _ = trained(features, tmp_path)
    asked = load_parameters(METHOD.predict_schema, {"outlier_quantile": 0.95})
    found: dict[str, list[bool]] = {}
    for folder in ("hisscube", "boss_qso_picca"):
        rejected: list[Any] = []
        spectra = iter_spectra(data_folder / "sdss" / folder)
        for batch in model.recipe.prepare(spectra, rejected=rejected.append):
            for answer, label in zip(model.predict(batch, asked), batch.labels, strict=True):
                cataclysmic = answer["name"].startswith("spec-9367-57758-0500")
                kind = "CV" if cataclysmic else str(label)
                found.setdefault(kind, []).append(answer["is_outlier"])
        assert rejected == []
    assert {kind: len(answers) for kind, answers in found.items()} == {
        "GALAXY": 13,
        "QSO": 10,
        "STAR": 3,
        "CV": 1,
    }
    assert all(found["GALAXY"])
    assert all(found["QSO"])
    assert all(found["CV"])
    assert not any(found["STAR"])


def test_the_cut_off_spectrum_of_miles_is_among_the_strangest_of_its_library(
    data_folder: Path, tmp_path: Path
) -> None:
    """m0970 (M71 X) has no flux beyond 7168 Å; as stored, with zeros there, it is unlike its neighbours."""
    with np.load(data_folder / "miles" / "miles_matrix.npz", allow_pickle=False) as stored:
        flux, wavelength, names = stored["flux"], stored["wave_air"], stored["name"].tolist()
    count = len(flux)
    batch = Batch(
        flux=(flux / np.median(flux, axis=1, keepdims=True)).astype(np.float32),
        wavelength=wavelength,
        names=names,
        labels=[None] * count,
        groups=[None] * count,
        sources=[Source("miles_matrix.npz", row=row) for row in range(count)],
    )
    with FeatureSetWriter(tmp_path / "features.parquet", wavelength=wavelength) as writer:
        writer.write(batch)
    features = FeatureSet.open(tmp_path / "features.parquet")
    trained(features, tmp_path)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    outliers = next(view["data"]["rows"] for view in report["views"] if view["id"] == "outliers")
    first = [row[0] for row in outliers[: count // 50]]
    assert next(row for row, name in enumerate(names) if name.split()[:2] == ["M71", "X"]) in first


def test_the_kinds_of_stars_have_cells_of_their_own(data_folder: Path, tmp_path: Path) -> None:
    """MILES, B to M: 83 % of the stars were seen in cells where their class is the most frequent."""
    features = prepared(data_folder / "miles" / "miles_matrix.npz", LINES, tmp_path)
    with Run(tmp_path) as run:
        METHOD.train(features, load_parameters(METHOD.train_schema, {}), run)
        assert run.metrics["purity"] > 0.75
        assert run.metrics["topographic_error"] < 0.1

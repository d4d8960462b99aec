"""The setting of Škoda, Podsztavek & Tvrdík (2020) on real spectra: labels of Ondřejov, a pool of LAMOST."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from dashboard.learning.presets import HALPHA_2020
from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.learning.round import run_round
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training
from jobfolder.names import LABEL_COLUMNS
from spectra import FeatureSet

SETTINGS = HALPHA_2020["settings"]
#: Emission without a label that a person sees at once; BT CMi was observed by both.
EMISSION = {
    "bt-cmi-ondrejov.fits",
    "bt-cmi-lamost.fits",
    "spec-56284-GAC122S02V2_sp14-183.fits",
    "spec-56351-GAC108N13V4_sp14-219.fits",
}


@pytest.mark.data
def test_labels_of_ondrejov_find_the_emission_of_lamost(tmp_path: Path, data_folder: Path) -> None:
    pool = tmp_path / "in" / "data"
    pool.mkdir(parents=True)
    for folder in (data_folder / "ondrejov", data_folder / "lamost" / "ondrejov_xmatch"):
        for file in folder.glob("*.fits*"):
            shutil.copy(file, pool)
    with (data_folder / "ondrejov" / "labels.csv").open(newline="") as stream:
        known = {
            line["file"]: line["label"] for line in csv.DictReader(stream) if line["label"] != "unlabelled"
        }
    places = sorted(path.name for path in pool.iterdir())
    labels = tmp_path / "labels.csv"
    manifest = tmp_path / "manifest.csv"
    with labels.open("w", newline="") as stream, manifest.open("w", newline="") as other:
        lines, listed = csv.writer(stream), csv.writer(other)
        lines.writerow(LABEL_COLUMNS)
        listed.writerow(["path", "hdu", "row", "name", "label", "group", "instrument"])
        for number, name in enumerate(places):
            listed.writerow([name, "", "", name, "", "", ""])
            if name in known:
                label = "other" if known[name] == "absorption" else "emission"
                lines.writerow([number, name, "", "", label])
    with Run(tmp_path / "out") as run:
        training = Training(
            Input("spectra", pool, manifest=manifest, name="both"),
            {"trees": 100, "folds": 0, "class_weight": "balanced"},
            SETTINGS["recipe"],
        )
        settings = {"strategy": "entropy", "batch": 5, "performance": 2, "targets": ["emission"]}
        run_round(registry.method("rdf"), training, settings, labels, run)
    features = FeatureSet.open(tmp_path / "out" / "pool.parquet")
    matrix = features.matrix()
    assert matrix.shape == (len(places), 140)
    assert np.allclose([matrix.min(axis=1), matrix.max(axis=1)], [[-1], [1]])
    assert features.wavelength is not None
    # Both surveys show the line of BT CMi at its place in vacuum, to a pixel.
    peaks = [
        features.wavelength[row.argmax()]
        for name, row in zip(features.names(), matrix, strict=True)
        if "bt-cmi" in name
    ]
    assert np.allclose(peaks, 6564.6, atol=1.6)
    selection = json.loads((tmp_path / "out" / "selection.json").read_text())
    assert selection["lost"] == 0
    assert sum(selection["labelled"].values()) == len(known)
    with (tmp_path / "out" / "candidates" / "predictions.csv").open(newline="") as stream:
        best = [line["path"] for line in csv.DictReader(stream)][: len(EMISSION)]
    assert set(best) == EMISSION

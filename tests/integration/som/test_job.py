from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from deepaas_plugins.methods.som.method import SelfOrganisingMap
from spectra import FeatureSet, Recipe
from spectra.synthetic import write_folder
from tests.conftest import ROOT
from tests.integration.deepaas.jobs import batch, run_batch, wait_for

MODULE = ROOT / "modules" / "som"


def example_job(folder: Path, **changes: Any) -> Path:
    """Make the job folder of the module's example."""
    write_folder(folder / "in" / "data", 60)
    job = json.loads((MODULE / "examples" / "job.json").read_text())
    (folder / "job.json").write_text(json.dumps(job | changes))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = example_job(tmp_path_factory.mktemp("som"))
    end = run_batch(folder)
    assert (end["outcome"], end["reason"]) == ("completed", "The model is trained.")
    return folder


def test_the_module_trains_on_its_own_example_as_a_job(trained: Path) -> None:
    out = trained / "out"
    metrics = json.loads((out / "summary.json").read_text())["metrics"]
    assert metrics["purity"] > 0.8
    views = json.loads((out / "report" / "report.json").read_text())["views"]
    kinds = {view["kind"] for view in views}
    assert kinds == {"som-map", "metrics", "curves", "table", "histogram", "component-planes"}
    features = FeatureSet.open(out / "features.parquet")
    marks = np.load(out / "report" / next(v["data"]["marks"] for v in views if v["kind"] == "som-map"))
    assert len(marks) == features.rows == 60
    assert features.synthetic
    features.close()


def test_its_model_predicts_its_own_example_as_a_job(trained: Path, tmp_path: Path) -> None:
    folder = example_job(tmp_path, action="predict", parameters={"outlier_quantile": 0.95})
    (folder / "in" / "model").symlink_to(trained / "out" / "model")
    end = run_batch(folder)
    assert (end["outcome"], end["reason"]) == ("completed", "60 spectra are predicted.")
    table = pq.read_table(folder / "out" / "predictions.parquet")
    assert {"name", "label", "distance", "is_outlier", "purity", "p_emission"} <= set(table.column_names)


def test_a_loaded_model_carries_its_recipe(trained: Path) -> None:
    model = SelfOrganisingMap().load(trained / "out" / "model")
    assert model.recipe.to_json() == Recipe.from_json(SelfOrganisingMap.default_recipe).to_json()
    assert model.grid.cells == 36


def test_upstreams_command_line_trains_and_predicts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_folder(data, 30)
    environment = os.environ | {"DEEPAAS_V2_MODEL": "som", "HUGGINS_MODEL": str(tmp_path / "out" / "model")}

    def call(*arguments: str) -> str:
        command = [Path(sys.executable).parent / "deepaas-cli", *arguments]
        done = subprocess.run(
            command, check=True, env=environment, cwd=tmp_path, timeout=120, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    call("train", "--input", str(data), "--labels", str(data / "labels.csv"), "--output", "out")
    answer = call("predict", "--data", str(data / "synthetic-000000.fits"))
    assert "'name': 'synthetic-000000'" in answer
    assert "'is_outlier': " in answer


def test_the_modules_description_agrees_with_its_dockerfile_and_code() -> None:
    described = yaml.safe_load((MODULE / "module.yaml").read_text())["huggins"]
    dockerfile = (MODULE / "Dockerfile").read_text()
    assert described["name"] == SelfOrganisingMap.name == MODULE.name
    assert f"DEEPAAS_V2_MODEL={described['name']}" in dockerfile
    assert re.search(r"huggins-extras (.+)", dockerfile).group(1).split() == described["extras"]
    # The default recipe has a window; another recipe takes any range, so no search by range leaves it out.
    assert SelfOrganisingMap.default_recipe["steps"][0]["maximum"] > 6563
    assert described["spectral"]["wavelength"] is None


def test_a_training_that_was_killed_goes_on_and_ends_with_the_same_map(tmp_path: Path) -> None:
    parameters = {"rows": 10, "columns": 10, "epochs": 400}
    killed = example_job(tmp_path / "killed", parameters=parameters, checkpoint_s=0.0)
    card = killed / "out" / "checkpoint" / "checkpoint.json"
    with batch(killed) as process:
        wait_for(lambda: card.is_file() and json.loads(card.read_text())["step"] >= 5)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not (killed / "out" / "exit.json").exists()
    left = json.loads(card.read_text())

    resumed = example_job(
        tmp_path / "resumed",
        parameters=parameters,
        attempt="attempt-2",
        checkpoint={"path": "in/checkpoint", "step": left["step"], "attempt": "attempt-1"},
    )
    shutil.copytree(card.parent / left["folder"], resumed / "in" / "checkpoint")
    assert run_batch(resumed)["outcome"] == "completed"
    assert f"Continues after epoch {left['step']}" in (resumed / "out" / "log.txt").read_text()
    assert not (resumed / "out" / "checkpoint").exists()

    never = example_job(tmp_path / "never", parameters=parameters)
    assert run_batch(never)["outcome"] == "completed"
    maps = [SelfOrganisingMap().load(folder / "out" / "model") for folder in (resumed, never)]
    np.testing.assert_array_equal(maps[0].prototypes, maps[1].prototypes)

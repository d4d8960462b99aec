"""The batch script of a module's page: a script that shells read, with every parameter of the module."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from dashboard.base.resources import Resources
from dashboard.web.snippets.slurm_command import (
    ENGINES,
    Training,
    job_folder_command,
    slurm_command,
    slurm_script,
)

DESCRIPTION = {
    "needs_labels": True,
    "train": [{"name": "trees", "default": 100}, {"name": "depth", "default": None}],
}


def made(reference: str = "registry.example.org/huggins/rdf:0.1.0", **needs: int) -> str:
    asked = Resources(cpus=2, memory_mb=3000, **needs)  # type: ignore[arg-type]
    return slurm_command("rdf", "0.1.0", reference, DESCRIPTION, asked)["text"]


def test_a_shell_can_read_it_and_its_job_has_every_parameter() -> None:
    text = made()
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
    job = json.loads(text.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    assert (job["module"], job["parameters"]) == ("rdf", {"trees": 100, "depth": None})
    assert job["input"]["manifest"] == "in/data/labels.csv"
    for asked in ("--job-name=rdf", "--cpus-per-task=2", "--mem=3000M", "--no-requeue"):
        assert f"#SBATCH {asked}" in text


@pytest.mark.parametrize(
    ("reference", "pulled"),
    [
        ("registry.example.org/huggins/rdf:1", "--registry=https://registry.example.org huggins/rdf:1"),
        ("127.0.0.1:5001/huggins/rdf:1", "--registry=http://127.0.0.1:5001 huggins/rdf:1"),
        ("huggins/rdf:1", "huggins/rdf:1"),
    ],
)
def test_the_image_is_pulled_from_its_registry(reference: str, pulled: str) -> None:
    [line] = re.findall(r"udocker pull (.*) && udocker create --name=rdf (\S+)", made(reference))
    assert line == (pulled, "huggins/rdf:1")


def test_the_time_limit_is_the_forms() -> None:
    assert "#SBATCH --time=1440\n" in made(walltime_s=86_400)
    assert "#SBATCH --time=2\n" in made(walltime_s=61)


def test_the_job_folder_of_docker_holds_the_same_job(tmp_path: Path) -> None:
    (tmp_path / "my-spectra").mkdir()
    (tmp_path / "my-spectra" / "a.fits").write_bytes(b"x")
    commands = job_folder_command("rdf", "0.1.0", "huggins/rdf:1", DESCRIPTION)
    subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True)
    job = json.loads((tmp_path / "job" / "job.json").read_text())
    assert (job["module"], job["image"]) == ("rdf", "huggins/rdf:1")
    assert (tmp_path / "job" / job["input"]["path"] / "a.fits").is_file()


def test_an_image_of_no_registry_is_said_to_be_none() -> None:
    assert "No registry has this image" in made("huggins/rdf:1")
    assert "No registry" not in made()


def test_processors_for_graphics_are_asked_for_where_the_module_wants_them() -> None:
    assert "--gres" not in made()
    text = made(gpus=1)
    assert "#SBATCH --gres=gpu:1" in text
    assert "udocker setup --nvidia --force rdf" in text


@pytest.mark.parametrize("engine", ENGINES)
def test_a_filled_form_is_a_script_with_its_recipe_and_digest(engine: str) -> None:
    recipe = {"schema": 1, "steps": [{"step": "scale", "method": "minmax"}]}
    reference = "registry.example.org/huggins/rdf@sha256:" + "a" * 64
    text = slurm_script(
        "ada/rdf",
        "0.1.0",
        reference,
        DESCRIPTION,
        Resources(cpus=2, memory_mb=3000, gpus=1),
        training=Training({"trees": 7, "note": "it's $HOME\nJSON\n"}, recipe, "stars\nrm -rf /"),
        engine=engine,
    )
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
    job = json.loads(text.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    assert (job["recipe"], job["image"]) == (recipe, reference)
    assert job["parameters"] == {"trees": 7, "depth": None, "note": "it's $HOME\nJSON\n"}
    assert "# my-spectra: the files of stars rm -rf /\n" in text
    wanted = {
        "udocker": "udocker setup --nvidia",
        "apptainer": f"apptainer pull ada-rdf.sif docker://{reference}",
    }
    assert wanted[engine] in text
    assert all(other not in text for name, other in wanted.items() if name != engine)

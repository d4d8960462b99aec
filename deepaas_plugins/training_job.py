"""A job folder's job as the objects that `training` and `prediction` take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deepaas_plugins import registry
from deepaas_plugins.preparation import Input
from deepaas_plugins.refused import Refused
from deepaas_plugins.training import Training, train

if TYPE_CHECKING:
    from deepaas_plugins.job_folder import JobFolder
    from deepaas_plugins.run import Run


def read_input(folder: JobFolder) -> Input:
    """Read where the job's input is.

    Raises
    ------
    Refused
        ``job.json`` names no usable input.
    """
    given = folder.job.get("input")
    if not isinstance(given, Mapping) or given.get("kind") not in {"spectra", "features"}:
        raise Refused("job.json names no input of kind spectra or features.")
    manifest = given.get("manifest")
    return Input(
        kind=given["kind"],
        path=folder.path / str(given.get("path", "")),
        manifest=folder.path / manifest if manifest else None,
        name=str(given.get("name") or ""),
        sha256=given.get("sha256"),
        synthetic=bool(given.get("synthetic", False)),
    )


def read_origin(job: Mapping[str, Any]) -> dict[str, str | None]:
    """Pick what a model's card says about the job that made it."""
    return {name: job.get(name) for name in ("module", "module_version", "image", "job")}


def run_training(folder: JobFolder, run: Run) -> str:
    """Train as ``job.json`` says; return the sentence that tells how it went."""
    job = folder.job
    training = Training(read_input(folder), job.get("parameters") or {}, job.get("recipe"), read_origin(job))
    method = registry.method(str(job.get("module")))
    train(method, training, run)
    return method.done

"""A job folder's job as the objects that `training` and `prediction` take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.job.parts import JoiningFolder
from deepaas_plugins.pipeline.preparation import Input, prepare_part
from deepaas_plugins.pipeline.training import Training, prepared_by, train
from jobfolder import names
from spectra import Part

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.job.job_folder import JobFolder
    from deepaas_plugins.job.parts import PartFolder


def read_input(folder: JobFolder) -> Input:
    """Read where the job's input is.

    Raises
    ------
    InvalidInput
        ``job.json`` names no usable input.
    """
    given = folder.job.get("input")
    if not isinstance(given, Mapping) or given.get("kind") not in {"spectra", "features", "none"}:
        raise InvalidInput("job.json names no input of kind spectra, features or none.")
    manifest = given.get("manifest")
    return Input(
        kind=given["kind"],
        path=folder.path / str(given.get("path") or names.DATA),
        manifest=folder.path / manifest if manifest else None,
        name=str(given.get("name") or ""),
        sha256=given.get("sha256"),
        synthetic=bool(given.get("synthetic", False)),
    )


def read_origin(job: Mapping[str, Any]) -> dict[str, str | None]:
    """Pick what a model's card says about the job that made it."""
    return {name: job.get(name) for name in ("module", "module_version", "image", "job")}


def run_part(folder: PartFolder, run: Run) -> str:
    """Prepare a part of what is trained on; return the sentence that tells how it went.

    Raises
    ------
    InvalidInput
        Bad parameters or input, or what cannot be prepared in parts.
    """
    job, given = folder.job, read_input(folder)
    if job.get("action") != "train" or given.kind != "spectra":
        raise InvalidInput("Only spectra that are trained on can be prepared in parts: run it in one.")
    method = registry.method(str(job.get("module")))
    _, recipe, _ = prepared_by(method, training_of(folder, given))
    part = Part(folder.number, folder.count)
    rows = prepare_part(given, recipe, part, folder.out, run, tell=folder.tell)
    return f"{rows} spectra are prepared."


def run_training(folder: JobFolder, run: Run) -> str:
    """Train as ``job.json`` says; return the sentence that tells how it went."""
    job = folder.job
    given = read_input(folder)
    if isinstance(folder, JoiningFolder):
        given = replace(given, parts=tuple(folder.parts))
    elif (asked := int((job.get("resources") or {}).get("parts") or 1)) > 1:
        run.log(f"It is not prepared in {asked} parts: this node has no job arrays. All processors share it.")
    method = registry.method(str(job.get("module")))
    train(method, training_of(folder, given), run)
    return method.done


def training_of(folder: JobFolder, given: Input) -> Training:
    """Return what to train on and with.

    Raises
    ------
    InvalidInput
        ``job.json`` names a start model without a path.
    """
    job = folder.job
    start, identifier = job.get("start"), None
    if start is not None:
        if not isinstance(start, Mapping) or not isinstance(start.get("path"), str):
            raise InvalidInput("job.json names a start model without a path.")
        start, identifier = folder.path / start["path"], start.get("model")
    return Training(
        given, job.get("parameters") or {}, job.get("recipe"), read_origin(job), start, identifier
    )

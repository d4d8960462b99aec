"""The batch script that trains a module on a cluster without this platform."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.base.resources import Resources
from launchers.slurm.script import TEMPLATES

HOUR_S = 3600  # where no time limit is set
_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?")


ENGINES = ("udocker", "apptainer")


@dataclass(frozen=True)
class Training:
    """What a script trains with, where it is not the module's own.

    Attributes
    ----------
    parameters : mapping
        Those that differ from the defaults.
    recipe : mapping or None
        None: the module's.
    dataset : str
        Name of the spectra; empty: the reader's own.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] | None = None
    dataset: str = ""


DEFAULTS = Training()


def slurm_command(
    name: str, version: str, reference: str, description: Mapping[str, Any] | None, needs: Resources
) -> dict[str, str]:
    """Return the script, in the form of `dashboard.web.snippets.commands`; arguments as `slurm_script`."""
    return {
        "title": "Slurm",
        "help": "On a cluster, by udocker: save it as train.sh, change the parameters, then sbatch train.sh.",
        "text": slurm_script(name, version, reference, description, needs),
    }


def slurm_script(
    name: str,
    version: str,
    reference: str,
    description: Mapping[str, Any] | None,
    needs: Resources,
    *,
    training: Training = DEFAULTS,
    engine: str = "udocker",
) -> str:
    """Return a batch script for Slurm.

    Parameters
    ----------
    name, version : str
        The module.
    reference : str
        The image, under a tag or a digest.
    description : mapping or None
        What the module takes (contracts.md, section 5): the script has every parameter.
    needs : Resources
        The resources requested from Slurm.
    training : Training
        What differs from the defaults.
    engine : str
        One of `ENGINES`: the program that runs the image.
    """
    labels = _labels(description)
    environment = Environment(  # noqa: S701 a shell script
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined
    )
    return environment.get_template("manual.sh").render(
        name=name.replace("/", "-"),  # a module of a publisher is NAMESPACE/NAME
        job=job_json(name, version, reference, description, training),
        cpus=max(1, round(needs.cpus)),
        memory_mb=needs.memory_mb,
        minutes=-(-(needs.walltime_s or HOUR_S) // 60),
        gpus=needs.gpus,
        labels=labels,
        pulled=" ".join(_pulled(reference)),
        tag=_pulled(reference)[-1],
        image=reference,
        plain=_LOOPBACK.fullmatch(reference.partition("/")[0]) is not None,
        in_registry=has_registry(reference),
        engine=engine,
        # In a comment: a line break would end it.
        spectra=" ".join(training.dataset.split()),
    )


def job_folder_command(name: str, version: str, reference: str, description: Mapping[str, Any] | None) -> str:
    """Return the commands that make the folder of a job.

    Parameters
    ----------
    name, version : str
        The module.
    reference : str
        The image, under a tag.
    description : mapping or None
        As for `slurm_command`.

    Returns
    -------
    str
        For a shell.
    """
    said = "# my-spectra/labels.csv says what they are: path,label\n" if _labels(description) else ""
    job = job_json(name, version, reference, description)
    return f"mkdir -p job/in && cp -r my-spectra job/in/data\n{said}cat >job/job.json <<'JSON'\n{job}\nJSON"


def _labels(description: Mapping[str, Any] | None) -> str | None:
    return "in/data/labels.csv" if description and description.get("needs_labels") else None


def job_json(
    name: str,
    version: str,
    reference: str,
    description: Mapping[str, Any] | None,
    training: Training = DEFAULTS,
) -> str:
    """Return ``job.json`` of a training with every parameter; arguments as `slurm_script`."""
    takes = description or {}
    parameters = {one["name"]: one["default"] for one in takes.get("train", ())} | dict(training.parameters)
    data = {
        "kind": "spectra", "path": "in/data", "manifest": _labels(description), "name": "my-spectra",
        "sha256": None,
    }  # fmt: skip
    if takes.get("makes_spectra"):
        data |= {"kind": "none", "path": None, "name": ""}
    job = {
        "schema": 1, "job": "manual", "attempt": "manual", "action": "train", "module": name,
        "module_version": version, "image": reference, "parameters": parameters, "recipe": training.recipe,
        "input": {**data, "synthetic": False},
    }  # fmt: skip
    return json.dumps(job, indent=1, ensure_ascii=False)


def has_registry(reference: str) -> bool:
    """Return whether an image's reference names a registry."""
    host, _, rest = reference.partition("/")
    return bool(rest) and (host == "localhost" or "." in host or ":" in host)


def _pulled(reference: str) -> tuple[str, ...]:
    """Return what `udocker pull` takes: its registry is an option."""
    host, _, rest = reference.partition("/")
    if has_registry(reference):
        return f"--registry={'http' if _LOOPBACK.fullmatch(host) else 'https'}://{host}", rest
    return (reference,)

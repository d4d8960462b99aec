"""The batch script that trains a module on a cluster without this platform."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.base.resources import Resources
from launchers.slurm.script import TEMPLATES

HOUR_S = 3600  # where no time limit is set
_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?")


def slurm_command(
    name: str, version: str, reference: str, description: Mapping[str, Any] | None, needs: Resources
) -> dict[str, str]:
    """Return the script, in the form of `dashboard.web.snippets.commands`.

    Parameters
    ----------
    reference : str
        The image, under a tag.
    description : mapping or None
        What the module takes (contracts.md, section 5): the script has every parameter, at its default.
    needs : Resources
        The resources requested from Slurm.
    """
    takes = description or {}
    parameters = {one["name"]: one["default"] for one in takes.get("train", ())}
    labels = "in/data/labels.csv" if takes.get("needs_labels") else None
    data = {"kind": "spectra", "path": "in/data", "manifest": labels, "name": "my-spectra", "sha256": None}
    job = {
        "schema": 1, "job": "manual", "attempt": "manual", "action": "train", "module": name,
        "module_version": version, "image": reference, "parameters": parameters, "recipe": None,
        "input": {**data, "synthetic": False},
    }  # fmt: skip
    environment = Environment(  # noqa: S701 a shell script
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined
    )
    text = environment.get_template("manual.sh").render(
        name=name,
        job=json.dumps(job, indent=1, ensure_ascii=False),
        cpus=max(1, round(needs.cpus)),
        memory_mb=needs.memory_mb,
        minutes=-(-(needs.walltime_s or HOUR_S) // 60),
        gpus=needs.gpus,
        labels=labels,
        pulled=" ".join(_pulled(reference)),
        tag=_pulled(reference)[-1],
    )
    return {
        "title": "Slurm",
        "help": "On a cluster, by udocker: save it as train.sh, change the parameters, then sbatch train.sh.",
        "text": text,
    }


def _pulled(reference: str) -> tuple[str, ...]:
    """Return what `udocker pull` takes: its registry is an option."""
    host, _, rest = reference.partition("/")
    if rest and (host == "localhost" or "." in host or ":" in host):
        return f"--registry={'http' if _LOOPBACK.fullmatch(host) else 'https'}://{host}", rest
    return (reference,)

"""The batch script of a launch, from ``templates/slurm/job.sh``."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from launchers.remote.connection import AgentConnection
from launchers.spec import LaunchSpec

_PACKAGE = Path(__file__).resolve().parents[1]
_PACKED = _PACKAGE / "bundled" / "templates" / "slurm"  # put there by setup.py when a wheel is built
TEMPLATES = _PACKED if _PACKED.is_dir() else _PACKAGE.parent / "templates" / "slurm"

#: MB for the command runner and the container engine.
OVERHEAD_MB = 128

#: Seconds from the platform's limit to the cluster's: the platform's acts first, with a cause.
MARGIN_S = 60


def script(spec: LaunchSpec, agent: AgentConnection, requests: Mapping[str, str]) -> str:
    """Return the batch script of a launch.

    Parameters
    ----------
    spec : LaunchSpec
        What to start.
    agent : AgentConnection
        The connection to the cluster, after the program was copied there.
    requests : mapping
        ``partition, account, qos``: validated names, or empty.
    """
    limit = spec.walltime_s
    if limit and spec.parts > 1:
        limit *= 2  # the last task to be done also joins the parts
    environment = Environment(  # noqa: S701 a shell script; what is not a checked word is quoted
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["quote"] = shlex.quote
    return environment.get_template("job.sh").render(
        name=spec.name,
        owner=spec.owner,
        cpus=math.ceil(spec.cpus),
        gpus=spec.gpus,
        parts=spec.parts,
        memory_mb=spec.memory_mb + OVERHEAD_MB,
        minutes=math.ceil((limit + MARGIN_S) / 60) if limit else None,
        program=agent.program,
        python=agent.python,
        folder=f"{agent.state}/launches/{spec.name}",
        **requests,
    )

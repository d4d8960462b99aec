"""Options of the Slurm launcher."""

from __future__ import annotations

from dataclasses import dataclass

from launchers.options import option
from launchers.remote.options import AgentOptions

#: What can run an image on a compute node.
UDOCKER = "udocker"
RUNTIMES = (UDOCKER, "apptainer")


@dataclass(frozen=True)
class SlurmOptions(AgentOptions):
    """What jobs ask of the cluster, and what runs their images."""

    partition: str = option(
        "",
        "Partition",
        "Slurm; empty: the cluster's default.",
        "Slurm: the partition of its jobs; empty: the cluster's default one",
    )
    account: str = option("", "Account", "Slurm: who is charged.", "Slurm: the account that is charged")
    qos: str = option("", "Quality of service", "Slurm.", "Slurm: the quality of service")
    runtime: str = option(
        "",
        "Container runtime",
        "Slurm: udocker (empty) or apptainer.",
        "Slurm: what runs the images there, `udocker` (also if empty) or `apptainer` (1.1 or newer)",
    )

"""The settings of a node: the options of every kind of launcher, and the platform's own limits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from dashboard.settings.providers import ROLES
from launchers.docker.options import DockerOptions
from launchers.options import BASIC, GpuOptions, option
from launchers.registry import KINDS, REAL
from launchers.slurm.options import SlurmOptions
from launchers.udocker.options import UdockerOptions

AUTOMATIC = "auto"


@dataclass(frozen=True)
class NodeKind:
    """The kind of launcher of a node; the first key, so that it may be given without its name."""

    kind: str = option(
        AUTOMATIC,
        "Kind",
        "The launcher that starts jobs there.",
        "`docker`, `udocker` or `process`; `auto`: the first of these that works; or `slurm`: a cluster "
        "([hpc.md](hpc.md))",
        group=BASIC,
        choices=REAL,
    )


@dataclass(frozen=True)
class NodeLimits:
    """Limits of jobs on a node, and the intervals of its probes."""

    cpus: float = option(
        0.0,
        "CPUs",
        "That jobs may hold; 0: all it has.",
        "Processors that jobs may hold; 0: all that the node has",
        group=BASIC,
    )
    memory_mb: int = option(
        0,
        "Memory",
        "That jobs may hold; 0: all it has.",
        "Memory in MB that jobs may hold; 0: all that the node has",
        unit="MB",
        group=BASIC,
    )
    slots: int = option(
        0,
        "Jobs at once",
        "0: as many as there is room for.",
        "The most jobs at once; 0: as many as there is room for",
        group=BASIC,
    )
    labels: tuple[str, ...] = option(
        (),
        "Labels",
        "Words that a job can ask for, such as gpu.",
        'Words that people and jobs ask for: `["gpu", "basement"]`',
        group=BASIC,
    )
    job_cpus: float = option(
        0.0,
        "CPUs of one job",
        "The most; 0: no limit.",
        "The most processors that one job may ask for; 0: no limit",
    )
    job_memory_mb: int = option(
        0,
        "Memory of one job",
        "The most; 0: no limit.",
        "The most memory in MB that one job may ask for; 0: no limit",
        unit="MB",
    )
    job_walltime_s: int = option(
        0,
        "Time of one job",
        "The most; 0: no limit.",
        "The most seconds that one job may ask for; 0: no limit",
        unit="s",
    )
    least_role: str = option(
        "",
        "Least role",
        "Who may use it: this role and those above; empty: everybody who sees it, or the projects only.",
        "Least role that may use it, such as `manager`; empty: everybody, or members of `projects` only",
        choices=("", *ROLES),
    )
    projects: tuple[str, ...] = option(
        (),
        "Projects",
        "Their members may use it, whatever their role.",
        'Projects whose members may use it, whatever their role: `["survey"]`',
    )
    probe_seconds: float = option(
        15.0, "Probe interval", "", "Seconds between two probes of the node", unit="s", group=None
    )
    timeout_seconds: float = option(
        60.0,
        "Timeout",
        "",
        "Seconds after which a node that does not answer counts as down",
        unit="s",
        group=None,
    )


@dataclass(frozen=True)
class NodeSettings(NodeLimits, SlurmOptions, UdockerOptions, DockerOptions, GpuOptions, NodeKind):
    """``[nodes.NAME]``: a machine or cluster where containers run.

    The keys are those of the kinds of launchers (`launchers.registry.KINDS`) and the platform's own limits;
    each is described by its `launchers.options.Option`.
    """

    @property
    def options(self) -> dict[str, object]:
        """The launcher's options that are set, by key.

        A key of another kind is among them, so that the launcher rejects it; ``gpus``, which every node may
        have, only where the kind has it too.
        """
        kind = KINDS.get(self.kind)
        known = {entry.name for entry in dataclasses.fields(kind.options)} if kind else set()
        others = {entry.name for one in KINDS.values() for entry in dataclasses.fields(one.options)}
        wanted = others - ({"gpus"} - known)
        return {
            entry.name: value
            for entry in dataclasses.fields(self)
            if entry.name in wanted and (value := getattr(self, entry.name))
        }

    @property
    def launched(self) -> tuple[object, ...]:
        """The settings from which the launcher is made; a change needs another launcher."""
        return (self.kind, self.gpus, self.timeout_seconds, tuple(self.options.items()))

"""Options of launchers whose work is done by an agent on another machine."""

from __future__ import annotations

from dataclasses import dataclass

from launchers.options import SshOptions, option


@dataclass(frozen=True)
class AgentOptions(SshOptions):
    """Options of the agent's machine."""

    folder: str = option(
        "",
        "Data path",
        "The platform's folder there; empty: ~/huggins.",
        "Slurm: the platform's folder on the cluster, seen by login and compute nodes; empty: `~/huggins`. "
        "udocker over `ssh://`: the same there, on a local disk; empty: `~/huggins-udocker`",
    )
    shared: tuple[str, ...] = option(
        (),
        "Shared folders",
        "Seen there under the same path.",
        "Slurm, udocker over `ssh://`: folders that are seen there under the same path as on this machine; "
        "what lies elsewhere is copied",
    )
    python: str = option(
        "",
        "Python",
        "3.11 or newer, there; empty: python3.",
        "Slurm, udocker over `ssh://`: Python 3.11 or newer there; empty: `python3`",
    )
    udocker_tarball: str = option(
        "",
        "udocker's engine",
        "Archive there; empty: from the web.",
        "Slurm, udocker: archive of udocker's engine there; empty: udocker fetches it from the web",
    )

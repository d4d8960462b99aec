"""The launch specification of a replica's container."""

from __future__ import annotations

from pathlib import Path

from deploy.model.deployment import Version
from launchers.base import LaunchSpec, Mount


def launch_spec(name: str, version: Version, folder: Path, owner: str) -> LaunchSpec:
    """Return the specification of a replica's container.

    Parameters
    ----------
    name, owner
        Name and label of the container.
    version
        What the replica serves.
    folder
        Its working folder, in which the model is mounted read-only.
    """
    env = {"DEEPAAS_V2_MODEL": version.module}
    mounts = [Mount(folder, "/job", read_only=False)]
    if version.model_folder is not None:
        mounts.append(Mount(version.model_folder, "/job/model"))
        env["HUGGINS_MODEL"] = "model"
    if version.entry == "deepaas":
        command = ("deepaas-run", "--listen-ip", "0.0.0.0", "--listen-port", "{port}")  # noqa: S104 - in its container
    else:
        command = ("python", "-m", "deepaas_plugins.serve", "--port", "{port}")
    return LaunchSpec(
        name=name,
        image=version.image,
        command=command,
        mounts=tuple(mounts),
        env=env,
        cpus=float(version.resources.get("cpus", 1)),
        memory_mb=int(version.resources.get("memory_mb", 2048)),
        gpus=int(version.resources.get("gpus", 0)),
        port=True,
        owner=owner,
    )

"""The launch specification of a replica's container."""

from __future__ import annotations

from pathlib import Path

from catalog import local_name
from deepaas_entry import mounting
from deploy.model.deployment import Version
from launchers.base import LaunchSpec, Mount
from launchers.spec import HOST, PORT

GATEWAY_HEADER = "X-Huggins-Secret"
"""Header by which a gateway shows a replica that it is its own."""


def launch_spec(name: str, version: Version, folder: Path, owner: str, secret: str) -> LaunchSpec:
    """Return the specification of a replica's container.

    Parameters
    ----------
    name, owner
        Name and label of the container.
    version
        What the replica serves.
    folder
        Its working folder, in which the model is mounted read-only. The state of trainings lies beside it:
        it belongs to the deployment, and outlives its replicas.
    secret
        What every request must show; servers of others do not know it.
    """
    third_party = version.entry == "deepaas"
    env = {"HUGGINS_SECRET": secret, "HUGGINS_STATE": "state"}
    mounts = [Mount(folder, "/job", read_only=False)]
    if version.model_folder is not None:
        mounts.append(Mount(version.model_folder, "/job/model"))
        env["HUGGINS_MODEL"] = "/job/model" if third_party else "model"
    if third_party:
        listening = ("--listen-ip", HOST, "--listen-port", PORT)
        command = mounting.command("serve", local_name(version.module), *listening)
        mounts.append(Mount(mounting.SOURCE, mounting.TARGET))
    else:
        env["DEEPAAS_V2_MODEL"] = local_name(version.module)
        command = ("python", "-m", "deepaas_plugins.serve", "--host", HOST, "--port", PORT)
    if version.training:
        state = folder.with_name("state")
        state.mkdir(mode=0o700, exist_ok=True)
        mounts.append(Mount(state, "/job/state", read_only=False))
        env["HUGGINS_TRAIN_INPUT"] = "."
    else:
        command += ("--notrain-endpoint",)
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
        unchanged_image=third_party,
    )

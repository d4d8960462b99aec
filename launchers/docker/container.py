"""The configuration of a hardened container, and the status of a container from its inspection."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.types import DeviceRequest, LogConfig, Ulimit
from docker.types import Mount as DockerMount

from launchers.base import LaunchSpec, State, Status
from launchers.local.environment import environment, with_address
from launchers.outcome import Cause, End

LABEL = "io.huggins"

#: User id without an account, for containers whose writable folders belong to root.
UNPRIVILEGED = 10001

#: DEEPaaS' default; each container has its own ports.
PORT = 5000
ALL_OF_ITS_NETWORK = "0.0.0.0"  # noqa: S104 - a container has a network of its own

#: Processes and threads; stops a fork bomb long before the node's own limit.
PIDS = 2048

CANNOT_EXECUTE = (126, 127)

_UNCHANGING = re.compile(r"(?:[^@\s]+@)?sha256:[0-9a-f]{64}")
_STATES = {
    "created": State.STARTING,
    "running": State.RUNNING,
    "paused": State.RUNNING,
    "restarting": State.RUNNING,
    "exited": State.EXITED,
    "dead": State.EXITED,
}


def unchanging(image: str) -> bool:
    """Tell whether an image is named by its id or digest."""
    return _UNCHANGING.fullmatch(image) is not None


def full_name(name: str) -> str:
    """Return the name of a launch's container on the engine."""
    return f"huggins-{name}"


def is_ours(inspected: Mapping[str, Any]) -> bool:
    """Tell whether this launcher created the container."""
    return f"{LABEL}.name" in (inspected["Config"].get("Labels") or {})


def is_rootless(info: Mapping[str, Any]) -> bool:
    """Tell whether the engine runs as an ordinary user: then root inside is that user."""
    return any("rootless" in option for option in info.get("SecurityOptions") or ())


def user(spec: LaunchSpec, uid: int) -> str:
    """Return ``UID:GID`` for the container, so that its files belong to the owner of their folder.

    It is the owner of the first writable mount. Where that is root, the container must not be: it becomes
    `uid`, and the writable mounts are given to it (only root has such folders, so only root comes here).
    """
    writable = [mount.source for mount in spec.mounts if not mount.read_only]
    owner = writable[0].stat() if writable else None
    if owner is not None and owner.st_uid != 0:
        return f"{owner.st_uid}:{owner.st_gid}"
    for source in writable:
        for path in _tree(source):
            if path.lstat().st_uid == 0:
                os.chown(path, uid, uid, follow_symlinks=False)
    return f"{uid}:{uid}"


def own_user(spec: LaunchSpec, image_user: str) -> str:
    """Return the user that an image names itself, root where it names none; it can write to the mounts.

    Folders above a mount keep other accounts of this machine away from it.

    Parameters
    ----------
    spec : LaunchSpec
        What to start.
    image_user : str
        ``USER`` of the image.
    """
    for mount in spec.mounts:
        if not mount.read_only:
            for path in _tree(mount.source):
                if not path.is_symlink():
                    with contextlib.suppress(PermissionError):  # its own, of an earlier start
                        path.chmod(path.stat().st_mode | (0o777 if path.is_dir() else 0o666))
    return image_user or "0:0"


def _tree(top: Path) -> Iterator[Path]:
    yield top
    for folder, folders, files in os.walk(top):
        yield from (Path(folder, name) for name in (*folders, *files))


@dataclass(frozen=True)
class ContainerContext:
    """What a configuration takes from the engine and its host.

    Attributes
    ----------
    user : str
        See `user`.
    mounts : sequence
        In the engine's notation.
    network : str
        The network for serving.
    publish : str
        The host's address on which a port is opened; empty: none is, the container's own address is reached.
    devices : sequence of str, optional
        Numbers of its graphics processors; None: any.
    files : str
        Name of its copied files; empty if nothing is copied.
    """

    user: str
    mounts: Sequence[DockerMount]
    network: str
    publish: str = ""
    devices: Sequence[str] | None = None
    files: str = ""


def binds(spec: LaunchSpec) -> list[DockerMount]:
    """Return bind mounts, for an engine on this host."""
    return [DockerMount(m.target, str(m.source), "bind", read_only=m.read_only) for m in spec.mounts]


def configuration(client: Any, spec: LaunchSpec, context: ContainerContext) -> dict[str, Any]:
    """Return the configuration of a container in the engine's notation.

    Parameters
    ----------
    client : docker.APIClient
        Completes the configuration for its version of the API.
    spec : LaunchSpec
        What to start.
    context : ContainerContext
        What the engine and its host add.
    """
    published = {PORT: (context.publish, None)} if spec.port and context.publish else None
    network = (context.network if spec.port else "none") if not spec.network else "bridge"
    memory = spec.memory_mb * 2**20
    host = client.create_host_config(
        network_mode=network,
        port_bindings=published,
        mounts=[*context.mounts],
        mem_limit=memory,
        memswap_limit=memory,
        nano_cpus=int(spec.cpus * 1e9),
        pids_limit=PIDS,
        shm_size=memory // 2,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=not spec.unchanged_image,
        # exec: compilers of numerical code load libraries that they wrote there.
        tmpfs={"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={memory // 2}"},  # noqa: S108 inside the container
        init=True,
        ulimits=[Ulimit(name="core", soft=0, hard=0)],
        log_config=LogConfig(type="json-file", config={"max-size": "10m", "max-file": "2"}),
        device_requests=_devices(spec, context.devices),
    )
    command = with_address(spec.command, PORT if spec.port else None, ALL_OF_ITS_NETWORK)
    # The user has no entry in the image's list of users, and /tmp is the only place where it may write.
    own = {} if spec.unchanged_image else {"HOME": "/tmp", "USER": "huggins", "LOGNAME": "huggins"}  # noqa: S108
    configured: dict[str, Any] = client.create_container_config(
        image=spec.image,
        command=None,
        entrypoint=command,
        user=context.user,
        environment={**own, **environment(spec)},
        working_dir=None if spec.unchanged_image else spec.workdir,
        labels=_labels(spec, context),
        ports=[PORT] if published else None,
        host_config=host,
        networking_config=None,
    )
    return configured


def _devices(spec: LaunchSpec, devices: Sequence[str] | None) -> list[DeviceRequest] | None:
    if not spec.gpus:
        return None
    if devices is None:
        return [DeviceRequest(count=spec.gpus, capabilities=[["gpu"]])]
    return [DeviceRequest(device_ids=[*devices], capabilities=[["gpu"]])]


def _labels(spec: LaunchSpec, context: ContainerContext) -> dict[str, str]:
    values = {
        "name": spec.name,
        "owner": spec.owner,
        "memory_mb": str(spec.memory_mb),
        "walltime_s": str(spec.walltime_s or ""),
        "port": str(PORT if spec.port else ""),
        "gpus": ",".join(context.devices or ()),
        "files": context.files,
    }
    return {f"{LABEL}.{key}": value for key, value in values.items()}


def address(inspected: Mapping[str, Any]) -> str | None:
    """Return where this machine reaches the container's port; None if it has none, or does not run."""
    if not inspected["Config"]["Labels"].get(f"{LABEL}.port"):
        return None
    settings = inspected["NetworkSettings"]
    for bindings in (settings.get("Ports") or {}).values():
        for binding in bindings or ():
            return f"http://{binding['HostIp']}:{binding['HostPort']}"
    for network in settings["Networks"].values():
        if network["IPAddress"]:
            return f"http://{network['IPAddress']}:{PORT}"
    return None


def seconds_over(inspected: Mapping[str, Any]) -> float:
    """Return for how many seconds a running container has been beyond its walltime; negative: it is not."""
    limit = inspected["Config"]["Labels"][f"{LABEL}.walltime_s"]
    if not limit or inspected["State"]["Status"] != "running":
        return float("-inf")
    now = datetime.datetime.now(datetime.UTC)
    return (now - _time(inspected["State"]["StartedAt"])).total_seconds() - float(limit)


def status(inspected: Mapping[str, Any]) -> Status:
    """Return the status of an inspected container."""
    state = inspected["State"]
    where = _STATES.get(state["Status"], State.UNKNOWN)
    if where is State.STARTING and state["Error"]:
        where = State.EXITED  # the engine could not start it
    if where is State.UNKNOWN:
        return Status(where, None, f"the engine says {state['Status']!r}")
    if where is not State.EXITED:
        return Status(where)
    return Status.ended(_end(state, inspected["Config"]["Labels"]))


def _end(state: Mapping[str, Any], labels: Mapping[str, str]) -> End:
    code = state["ExitCode"]
    if code and state["OOMKilled"]:
        return End(code, Cause.MEMORY, int(labels[f"{LABEL}.memory_mb"]))
    limit = labels[f"{LABEL}.walltime_s"]
    if code and limit and state["Status"] != "created":
        ran = _time(state["FinishedAt"]) - _time(state["StartedAt"])
        if ran.total_seconds() >= float(limit):
            return End(code, Cause.TIME, int(limit))
    return End(code)


def _time(text: str) -> datetime.datetime:
    # The engine writes nanoseconds, Python reads microseconds.
    return datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))

"""The program that udocker calls as ``runc``: corrects the container, then runs the engine.

udocker 1.3.17 in mode R1 loses the exit code, mounts everything writable, gives every container the node's
network, prints byte by byte (and fails on the first that is not ASCII), and describes all runs of a container
in one file. So udocker prepares one run at a time, and this program, called in the place of ``runc``,

1. makes from udocker's description its own in the launch's folder (`describe`), and lets the next one in;
2. runs the real engine on it, its output straight to the supervisor;
3. writes the engine's pid and the container's exit code into ``engine.json``.

Run as ``python -I -S runc_shim.py ENGINE ARGUMENT…``; the standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Process 1 of a container: forwards SIGTERM, so that the command, which is not process 1, can be killed.
INIT = (
    'trap \'kill -TERM "$child" 2>/dev/null\' TERM; "$@" & child=$!; '
    'while :; do wait "$child"; code=$?; kill -0 "$child" 2>/dev/null || break; done; exit "$code"'
)


def describe(described: dict[str, Any], container: dict[str, Any]) -> dict[str, Any]:
    """Return udocker's description of a container, reduced to what the specification names.

    Parameters
    ----------
    described : dict
        udocker's ``config.json`` (OCI runtime specification).
    container : dict
        ``args, env, cwd, mounts, network, memory_mb, init`` of the launch.
    """
    process, root = described["process"], described["root"]
    process["terminal"] = False
    process["env"] = [f"{name}={value}" for name, value in container["env"].items()]
    process["args"] = (
        ["/bin/sh", "-c", INIT, "init", *container["args"]] if container["init"] else container["args"]
    )
    process["cwd"] = container["cwd"]
    process["capabilities"] = {key: [] for key in process["capabilities"]}
    process["noNewPrivileges"] = True
    process.pop("rlimits", None)
    root["readonly"] = True
    size = f"size={container['memory_mb'] // 2}m"
    described["mounts"] += [
        _mount("/tmp", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777", size),  # noqa: S108 inside
        *(
            _mount(target, "none", source, "rbind", "nosuid", "nodev", "ro" if read_only else "rw")
            for source, target, read_only in sorted(container["mounts"], key=lambda mount: len(mount[1]))
        ),
    ]
    for mount in described["mounts"]:
        if mount["destination"] == "/dev/shm":  # noqa: S108 inside
            mount["options"] = ["nosuid", "noexec", "nodev", "mode=1777", size]
    if not container["network"]:
        described["linux"]["namespaces"].append({"type": "network"})
    return described


def _mount(target: str, kind: str, source: str, *options: str) -> dict[str, Any]:
    return {"destination": target, "type": kind, "source": source, "options": [*options]}


def _make_folder(root: Path, inside: str) -> None:
    """Create a folder in the container, because its root will be read-only."""
    place = root
    for part in Path(inside).parts[1:]:
        place = place / part
        if place.is_symlink():
            return  # it is the image's; where it leads is for the engine to find inside
        place.mkdir(exist_ok=True)


def main(engine: str, arguments: list[str]) -> int:
    """Run the engine; return the exit code of the container."""
    launch = Path(os.environ["HUGGINS_LAUNCH"])
    turn, output = int(os.environ["HUGGINS_TURN"]), int(os.environ["HUGGINS_OUTPUT"])
    asked = json.loads((launch / "launch.json").read_text(encoding="utf-8"))["container"]
    bundle = Path(arguments[arguments.index("--bundle") + 1])
    described = describe(json.loads((bundle / "config.json").read_text(encoding="utf-8")), asked)
    _make_folder(Path(described["root"]["path"]), asked["cwd"])
    (launch / "config.json").write_text(json.dumps(described), encoding="utf-8")
    fcntl.flock(turn, fcntl.LOCK_UN)
    os.close(turn)
    command = [engine, "--root", str(launch / "engine"), "run", "--bundle", str(launch), arguments[-1]]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    os.close(output)
    _note(launch, {"pid": process.pid})
    code = process.wait()
    _note(launch, {"pid": process.pid, "code": code if code >= 0 else 128 - code})
    return code


def _note(launch: Path, facts: dict[str, int]) -> None:
    part = launch / "engine.json.part"
    part.write_text(json.dumps(facts), encoding="utf-8")
    part.rename(launch / "engine.json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

"""Finds the execution mode of udocker that works on a machine: the first that runs a command.

The modes are udocker's R1 (a container in a user namespace), by one engine or the other. The trial needs no
image: its container has this machine's own programs, mounted read-only. The standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Best first.
ENGINES = ("runc", "crun")

#: Where programs and their libraries are.
FOLDERS = ("bin", "lib", "lib64", "sbin", "usr")

#: Seconds that a trial may take.
TRIAL_S = 20


@dataclass(frozen=True)
class Engine:
    """The selected engine.

    Attributes
    ----------
    path : str
        Path of its program; empty: none works.
    mode : str
        For a person: ``R1 (runc)``.
    rejected : mapping of str to str
        Why each better mode does not work here.
    """

    path: str
    mode: str
    rejected: Mapping[str, str]

    @property
    def reason(self) -> str:
        """Why no better mode is used; empty if there is none."""
        return "; ".join(f"{mode}: {why}" for mode, why in self.rejected.items())


def choose(binaries: Path, scratch: Path) -> Engine:
    """Return the first engine in udocker's folder of programs that works.

    Parameters
    ----------
    scratch : Path
        Folder for the temporary folders of the trials.
    """
    rejected: dict[str, str] = {}
    for name in ENGINES:
        mode, path = f"R1 ({name})", binaries / f"{name}-{os.uname().machine}"
        why = try_out(path, scratch) if os.access(path, os.X_OK) else f"there is no {path.name}"
        if not why:
            return Engine(str(path), mode, rejected)
        rejected[mode] = why
    return Engine("", "", rejected)


def try_out(engine: Path, scratch: Path) -> str:
    """Run a command in a container; return the error, empty if it works."""
    bundle = scratch / f".trial.{uuid.uuid4().hex}"
    bundle.mkdir(parents=True)
    try:
        _call([str(engine), "spec", "--rootless"], bundle)
        described = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
        (bundle / "config.json").write_text(json.dumps(_describe(described, bundle)), encoding="utf-8")
        run = ["run", "--bundle", str(bundle), bundle.name]
        _call([str(engine), "--root", str(bundle / "state"), *run], bundle)
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        return " ".join(said.split())[-300:] or "it ended without a message"
    finally:
        shutil.rmtree(bundle, ignore_errors=True)
    return ""


def _call(command: list[str], folder: Path) -> None:
    subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        timeout=TRIAL_S, check=True,
    )  # fmt: skip


def _describe(described: dict[str, Any], bundle: Path) -> dict[str, Any]:
    """Return the description of a container, for this user and with this machine's programs."""
    root = bundle / "root"
    root.mkdir()
    described["root"] = {"path": str(root), "readonly": True}
    described["process"] |= {"args": ["/bin/true"], "terminal": False}
    described["mounts"] = [m for m in described["mounts"] if m["destination"] != "/sys/fs/cgroup"]
    for name in FOLDERS:
        place = Path("/", name)
        if place.is_symlink():
            (root / name).symlink_to(place.readlink())
        elif place.is_dir():
            (root / name).mkdir()
            options = ["rbind", "ro", "nosuid", "nodev"]
            mount = {"destination": str(place), "type": "none", "source": str(place), "options": options}
            described["mounts"].append(mount)
    for kind, number in (("uidMappings", os.geteuid()), ("gidMappings", os.getegid())):
        described["linux"][kind] = [{"containerID": 0, "hostID": number, "size": 1}]
    return described

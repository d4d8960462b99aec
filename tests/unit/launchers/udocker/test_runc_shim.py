"""What becomes of udocker's description of a container."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from launchers.udocker.runc_shim import _make_folder, describe

#: The parts that matter of what udocker 1.3.17 writes.
DESCRIBED = {
    "process": {
        "terminal": True,
        "args": ["/bin/sh"],
        "env": ["PS1=1086bcd1#", "container_root=/secret/place"],
        "cwd": "/root",
        "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_MKNOD"]},
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
    },
    "root": {"path": "/ROOT", "readonly": False},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["size=2g"]},
    ],
    "linux": {"namespaces": [{"type": "pid"}, {"type": "user"}]},
}


def asked(**values: Any) -> dict[str, Any]:
    mounts = [("/data", "/job/in/data", True), ("/jobs/1", "/job", False)]
    return {
        "args": ["python", "-m", "x"], "env": {"A": "1\n2"}, "cwd": "/job", "mounts": mounts,
        "network": False, "memory_mb": 512, "init": True, **values,
    }  # fmt: skip


def described(**values: Any) -> dict[str, Any]:
    return describe(json.loads(json.dumps(DESCRIBED)), asked(**values))


def test_a_container_gets_no_rights_and_none_of_udockers_environment() -> None:
    process = described()["process"]
    assert process["env"] == ["A=1\n2"]
    assert process["capabilities"] == {"bounding": [], "effective": []}
    assert process["noNewPrivileges"] is True
    assert process["terminal"] is False
    assert described()["root"]["readonly"] is True


def test_mounts_are_as_writable_as_asked_and_outer_ones_come_first() -> None:
    made = [
        (m["destination"], m["options"][-1])
        for m in described()["mounts"]
        if m["destination"].startswith("/job")
    ]
    assert made == [("/job", "rw"), ("/job/in/data", "ro")]


def test_what_is_in_memory_cannot_take_all_of_it() -> None:
    sizes = {m["destination"]: m.get("options", [""])[-1] for m in described()["mounts"]}
    assert sizes["/tmp"] == sizes["/dev/shm"] == "size=256m"


@pytest.mark.parametrize(("network", "own"), [(False, True), (True, False)])
def test_it_has_a_network_of_its_own_unless_it_may_use_the_nodes(network: bool, own: bool) -> None:
    assert ({"type": "network"} in described(network=network)["linux"]["namespaces"]) is own


def test_an_image_without_a_shell_runs_the_command_itself() -> None:
    assert described(init=False)["process"]["args"] == ["python", "-m", "x"]
    assert described()["process"]["args"][-3:] == ["python", "-m", "x"]


def test_a_working_directory_is_made_but_never_through_a_link_of_the_image(tmp_path: Path) -> None:
    (root := tmp_path / "ROOT").mkdir()
    (outside := tmp_path / "outside").mkdir()
    (root / "job").symlink_to(outside)
    _make_folder(root, "/job/deep")
    _make_folder(root, "/work/deep")
    assert not [*outside.iterdir()]
    assert (root / "work" / "deep").is_dir()

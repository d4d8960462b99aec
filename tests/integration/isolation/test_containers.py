"""What a command on each kind of node reaches beside its input, tried from inside."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from launchers.spec import Mount
from tests.integration.launchers.conftest import Rig, kinds, rig, udocker_state

__all__ = ["rig", "udocker_state"]

PROBE = """
import json, os, pathlib, socket, sys
port, secret, pid = sys.argv[1:]
def connect(host):
    socket.create_connection((host, int(port)), 2)
ways = {
    "own input": lambda: pathlib.Path("/job/in/data/star.txt").read_text(),
    "another file": lambda: pathlib.Path(secret).read_text(),
    "another folder": lambda: os.listdir(os.path.dirname(secret)),
    "write beside": lambda: pathlib.Path(secret).with_name("new").write_text("x"),
    "change the input": lambda: pathlib.Path("/job/in/data/star.txt").write_text("x"),
    "another process": lambda: pathlib.Path(f"/proc/{pid}/environ").read_bytes(),
    "loopback": lambda: connect("127.0.0.1"),
    "this machine": lambda: connect("172.17.0.1"),
    "elsewhere": lambda: connect("192.0.2.1"),
    "an engine": lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"),
}
found = {}
for name, way in ways.items():
    try:
        way()
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
    else:
        found[name] = "REACHED"
print(json.dumps(found))
"""


async def probe(rig: Rig, folder: Path) -> dict[str, str]:
    """Run the probe as a job of a module would run; return what came of each way."""
    (folder / "job" / "in" / "data").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "star.txt").write_text("mine")
    (folder / "home").mkdir()
    secret = folder / "home" / "connection.json"
    secret.write_text("a token")
    mounts = (Mount(folder / "job", "/job", read_only=False), Mount(folder / "data", "/job/in/data"))
    server = await asyncio.start_server(lambda _, writer: writer.close(), "0.0.0.0", 0)
    async with server:
        given = str(server.sockets[0].getsockname()[1]), str(secret), str(os.getpid())
        status, printed = await rig.run("python3", "-c", PROBE, *given, mounts=mounts, workdir="/job")
    assert status.exit_code == 0, printed
    found: dict[str, str] = json.loads(printed.splitlines()[-1])
    return found


@kinds("docker", "udocker")
async def test_a_container_reaches_its_input_only(rig: Rig, tmp_path: Path) -> None:
    found = await probe(rig, tmp_path)
    assert {way for way, said in found.items() if said == "REACHED"} == {"own input"}, found


@kinds("process")
async def test_a_process_node_keeps_a_command_from_nothing(rig: Rig, tmp_path: Path) -> None:
    found = await probe(rig, tmp_path)
    assert {"another file", "another folder", "write beside", "another process", "loopback"} <= {
        way for way, said in found.items() if said == "REACHED"
    }, found

"""Another host, as far as launchers can tell: a network, an SSH server and a Docker engine of its own.

It is a network namespace of this machine, reached over a virtual cable. What this host has in its folders for
tests is not seen there, and what containers there listen on cannot be reached from here: so a launcher that
forgets to copy or to tunnel something fails. Needs root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import unavailable

USER = os.environ.get("HUGGINS_ORDINARY_USER", "huggins-ci")
STORAGE = Path(os.environ.get("HUGGINS_MACHINE_STATE", "/var/lib/huggins")) / "registry"
REGISTRY = "127.0.0.1:5001"
SSH_PORT, TLS_PORT = 2022, 2376
NEEDED = ("ip", "setpriv", "nsenter", "unshare", "sshd", "dockerd")
NEEDED += ("docker-registry", "openssl", "ssh-keygen")
WAIT_S = 60

#: What runs there, in a view of the file system in which this host's folders for tests are empty.
INSIDE = """
set -e
mount -t tmpfs none "$HIDDEN"
mkdir "$PLACE/data"
mount -t tmpfs -o size=2g none "$PLACE/data"
/usr/sbin/sshd -f "$PLACE/sshd_config" -E "$PLACE/sshd.log"
docker-registry serve "$PLACE/registry.yml" >"$PLACE/registry.log" 2>&1 &
dockerd --data-root "$PLACE/data" --exec-root "$PLACE/exec" --pidfile "$PLACE/dockerd.pid" \
    --group "$GROUP" --host "unix://$PLACE/docker.sock" --host "tcp://$ADDRESS:2376" \
    --tlsverify --tlscacert "$PLACE/ca.pem" --tlscert "$PLACE/server.pem" --tlskey "$PLACE/server.key" \
    >"$PLACE/dockerd.log" 2>&1 &
# The first process, which buries what others leave behind.
wait
"""


@dataclass(frozen=True)
class Elsewhere:
    """The other host.

    Attributes
    ----------
    place : Path
        Its files, where this host keeps them: certificates, keys, logs.
    address : str
        Its address, as seen from here.
    pid : int
        Of its first process, by which its network can be entered.
    """

    place: Path
    address: str
    pid: int
    user = USER

    @property
    def inside(self) -> int:
        """A process of its own network."""
        return int(_run("pgrep", "--parent", str(self.pid)).split()[0])

    @property
    def ssh(self) -> dict[str, str]:
        """How an ordinary user of it logs in: a launcher's settings."""
        return {
            "url": f"ssh://{USER}@{self.address}:{SSH_PORT}",
            "ssh_key": str(self.place / "client"),
            "known_hosts": str(self.place / "known_hosts"),
        }

    @property
    def engine_over_ssh(self) -> dict[str, str]:
        return {**self.ssh, "url": f"{self.ssh['url']}{self.place}/docker.sock"}

    @property
    def engine_over_tls(self) -> dict[str, str]:
        names = {"tls_ca": "ca.pem", "tls_cert": "client.pem", "tls_key": "client.key"}
        files = {key: str(self.place / name) for key, name in names.items()}
        return {"url": f"tcp://{self.address}:{TLS_PORT}", **files}

    def docker(self, *arguments: str) -> str:
        """Call its engine as its administrator would."""
        return _run("docker", "--host", f"unix://{self.place}/docker.sock", *arguments)


@contextlib.contextmanager
def another_host(hidden: Path) -> Iterator[Elsewhere]:
    """Make it, and take it away in the end.

    Parameters
    ----------
    hidden : Path
        Folder of this host that is empty there.
    """
    if os.geteuid() != 0 or any(shutil.which(name) is None for name in NEEDED):
        unavailable(f"root, to make another host, and {', '.join(NEEDED)}")
    name = f"hug{uuid.uuid4().hex[:8]}"
    place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/var/tmp"))
    place.chmod(0o755)
    number = 4 * (int(name[3:], 16) % 2**14)
    here, address = (f"10.231.{number // 256}.{number % 256 + k}" for k in (1, 2))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place)
        _cable(stack, name, here, address)
        _keys(place, address)
        _configure(place, address)
        environment = {"HIDDEN": str(hidden), "PLACE": str(place), "ADDRESS": address, "GROUP": USER}
        command = [
            "setpriv", "--pdeathsig", "KILL",  # it ends with the tests, however they end
            "nsenter", f"--net=/var/run/netns/{name}",
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", INSIDE,
        ]  # fmt: skip
        process = subprocess.Popen(command, env={**os.environ, **environment})
        stack.callback(_stop, process, place)
        _wait(process, place)
        yield Elsewhere(place, address, process.pid)


def _cable(stack: contextlib.ExitStack, name: str, here: str, address: str) -> None:
    _run("ip", "netns", "add", name)
    stack.callback(_run, "ip", "netns", "delete", name)
    _run("ip", "link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
    _run("ip", "address", "add", f"{here}/30", "dev", f"{name}a")
    _run("ip", "link", "set", f"{name}a", "up")
    for words in (f"link set lo up|address add {address}/30 dev {name}b|link set {name}b up").split("|"):
        _run("ip", "-n", name, *words.split())


def _keys(place: Path, address: str) -> None:
    """Make keys for SSH, and certificates of an authority for the engine and its client."""
    for key in ("host", "client"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / key))
    public = " ".join((place / "host.pub").read_text().split()[:2])
    (place / "known_hosts").write_text(f"[{address}]:{SSH_PORT} {public}\n")
    for authority in ("ca", "other"):
        _certificate(place, authority, "-subj", f"/CN=huggins test {authority}")
    signed = ("-CA", place / "ca.pem", "-CAkey", place / "ca.key")
    signed += ("-addext", "basicConstraints=critical,CA:false")
    _certificate(place, "server", "-subj", "/CN=engine", "-addext", f"subjectAltName=IP:{address}", *signed)
    _certificate(place, "client", "-subj", "/CN=us", "-addext", "extendedKeyUsage=clientAuth", *signed)


def _certificate(place: Path, name: str, *options: str | Path) -> None:
    new = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]
    new += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", place / f"{name}.key"]
    _run(*map(str, (*new, "-out", place / f"{name}.pem", *options)))


def _configure(place: Path, address: str) -> None:
    (place / "sshd_config").write_text(
        f"ListenAddress {address}\nPort {SSH_PORT}\nHostKey {place}/host\nPidFile {place}/sshd.pid\n"
        f"AuthorizedKeysFile {place}/client.pub\nAllowUsers {USER}\nAuthenticationMethods publickey\n"
        "UsePAM no\nStrictModes no\n"
    )
    (place / "registry.yml").write_text(
        "version: 0.1\nlog: {level: warn}\n"
        f"storage:\n  filesystem: {{rootdirectory: {STORAGE}}}\nhttp: {{addr: {REGISTRY}}}\n"
    )


def _wait(process: subprocess.Popen[bytes], place: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while subprocess.run(
        ["docker", "--host", f"unix://{place}/docker.sock", "version"], capture_output=True, check=False
    ).returncode:
        assert process.poll() is None, (place / "dockerd.log").read_text()[-2000:]
        assert time.monotonic() < deadline, "the other host's engine does not answer"
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], place: Path) -> None:
    listing = ["docker", "--host", f"unix://{place}/docker.sock", "ps", "--quiet"]
    left = subprocess.run(listing, capture_output=True, text=True, check=False).stdout.split()
    if left:
        subprocess.run([*listing[:3], "rm", "--force", "--volumes", *left], capture_output=True, check=False)
    process.send_signal(signal.SIGKILL)  # the first process there dies with it, and all others with that
    process.wait()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout

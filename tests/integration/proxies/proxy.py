"""nginx and Caddy over a platform: their configurations are the documented ones, with a test's addresses."""

from __future__ import annotations

import contextlib
import datetime
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import ROOT, unavailable

STARTS_WITHIN_S = 20.0
NGINX = """
daemon off; user root; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{documented}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
    default_bind 127.0.0.1
    storage file_system {folder}/storage
}}
{documented}
"""


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its ports on localhost, and what a client trusts."""

    port: int
    plain_port: int
    tls: ssl.SSLContext

    @property
    def address(self) -> str:
        """The public address."""
        return f"https://localhost:{self.port}"


def documented(language: str) -> str:
    """Return the one block of a language in docs/operating.md."""
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    [block] = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return block


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def certificate(folder: Path) -> ssl.SSLContext:
    """Write a certificate of localhost and its key; return what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return ssl.create_default_context(cafile=folder / "certificate.pem")


def nginx_command(folder: Path, behind: int, port: int, plain: int) -> list[str]:
    """Write its configuration; return its command."""
    text = documented("nginx")
    for before, after in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("/etc/ssl/huggins", str(folder)),
        ("127.0.0.1:8470", f"127.0.0.1:{behind}"),
        ("https://spectra.example.org", f"https://localhost:{port}"),
        ("spectra.example.org", "localhost"),
    ):
        assert before in text
        text = text.replace(before, after)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, documented=text))
    return [_program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy_command(folder: Path, behind: int, port: int, plain: int) -> list[str]:
    """Write its configuration; return its command."""
    text = documented("caddyfile").replace("127.0.0.1:8470", f"127.0.0.1:{behind}")
    certified = f"https://localhost:{port} {{\n    tls {folder}/certificate.pem {folder}/key.pem"
    text = text.replace("spectra.example.org {", certified)
    # `auto_https off`: Caddy would take port 80 for its redirect.
    text += f"\nhttp://localhost:{plain} {{\n    redir https://localhost:{port}{{uri}} permanent\n}}\n"
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, documented=text))
    return [_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


COMMANDS: dict[str, Callable[[Path, int, int, int], list[str]]] = {
    "nginx": nginx_command,
    "caddy": caddy_command,
}


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin")
    if found is None:
        unavailable(name)
    return found


@contextlib.contextmanager
def running(kind: str, folder: Path, behind: int, port: int) -> Iterator[Proxy]:
    """Run a proxy before a platform that listens on a port of loopback."""
    tls, plain = certificate(folder), free_port()
    command = COMMANDS[kind](folder, behind, port, plain)
    environment = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not _listens(port):
            assert process.poll() is None, (folder / "output").read_text()
            assert time.monotonic() < deadline, (folder / "output").read_text()
            time.sleep(0.05)
        yield Proxy(port, plain, tls)
    finally:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:  # Caddy waits for its connections
            process.kill()
            process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0

"""Real servers of files, started on free ports: nginx, Python's http.server, Apache, moto (S3), vsftpd."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import unavailable

MOTO = "/var/lib/huggins/moto/bin/python"
USER, PASSWORD = "alice", "secret"
MODULES = (
    *("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest"),
    *("alias", "autoindex", "dir", "mime", "dav", "dav_fs"),
)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def until_up(port: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not answers(port):
        assert running.poll() is None, f"the server ended with {running.returncode}"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.02)


@contextlib.contextmanager
def process(*command: str, port: int, log: Path | None = None) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        running = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            until_up(port, running)
            yield
        finally:
            running.terminate()
            running.wait(20)


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[str]:
    if shutil.which("nginx") is None:
        unavailable("nginx")
    port, base = free_port(), folder.parent
    (base / "nginx.conf").write_text(
        f"""daemon off; pid {base}/nginx.pid; error_log stderr; user root;
        events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port};
        location / {{ root {folder}; autoindex on; charset utf-8; }} }} }}"""
    )
    with process("nginx", "-c", str(base / "nginx.conf"), port=port):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[str]:
    port = free_port()
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", str(folder))
    with process(*command, port=port):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def apache(folder: Path) -> Iterator[str]:
    """Serve a folder at ``index/`` (pages), ``open/``, ``basic/`` and ``digest/`` (WebDAV)."""
    program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        unavailable("apache2")
    port, base = free_port(), folder.parent
    digest = hashlib.md5(f"{USER}:dav:{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
    plain = subprocess.run(
        ["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, check=True, text=True
    ).stdout.strip()
    (base / "digest").write_text(f"{USER}:dav:{digest}\n")
    (base / "basic").write_text(f"{USER}:{plain}\n")
    (base / "run").mkdir()
    own = pwd.getpwuid(os.getuid()).pw_name
    load = "\n".join(f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so" for one in MODULES)
    guarded = "".join(
        f"<Location /{name}>\n Dav On\n {rules}\n</Location>\n"
        for name, rules in (
            ("open", ""),
            ("basic", f"AuthType Basic\n AuthName dav\n AuthUserFile {base}/basic\n Require valid-user"),
            (
                "digest",
                f"AuthType Digest\n AuthName dav\n AuthUserFile {base}/digest\n Require valid-user",
            ),
        )
    )
    user = "User www-data\nGroup www-data" if own == "root" else ""
    if own == "root":
        _readable(folder)
        shutil.chown(base / "run", "www-data")
    (base / "apache.conf").write_text(
        f"""ServerRoot {base}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {base}/run/pid
ErrorLog {base}/apache.log
{load}
{user}
TypesConfig /etc/mime.types
DAVLockDB {base}/run/locks
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 16
<Directory {folder}>
 Options Indexes FollowSymLinks
 Require all granted
</Directory>
{"".join(f"Alias /{name} {folder}{chr(10)}" for name in ("index", "open", "basic", "digest"))}{guarded}"""
    )
    with process(program, "-D", "FOREGROUND", "-f", str(base / "apache.conf"), port=port):
        yield f"http://127.0.0.1:{port}/"


def _readable(folder: Path) -> None:
    """Let servers that are not root come to a folder of pytest's."""
    for one in (folder, *folder.parents):
        if one.is_relative_to("/tmp") and one != Path("/tmp"):
            one.chmod(one.stat().st_mode | 0o055)


@contextlib.contextmanager
def s3(folder: Path, count: int) -> Iterator[tuple[str, str, str]]:
    """Serve S3, every signature verified; yield endpoint, access key and secret."""
    program = Path(os.environ.get("HUGGINS_MOTO", MOTO))
    if not program.is_file():
        unavailable(f"moto ({program})")
    port, script = free_port(), Path(__file__).with_name("s3_server.py")
    with process(str(program), str(script), str(port), str(folder), str(count), port=port):
        key, secret = (folder.parent / "keys").read_text().split()
        yield f"http://127.0.0.1:{port}", key, secret


@contextlib.contextmanager
def vsftpd(folder: Path) -> Iterator[str]:
    """Serve by FTPS: sessions of TLS must be those of the control connection, LIST alone, a wrong address."""
    program = shutil.which("vsftpd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or os.getuid() != 0:
        unavailable("vsftpd, started by root")
    port, base = free_port(), folder.parent
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(base / "key.pem"), "-out", str(base / "certificate.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    _readable(folder)
    (base / "vsftpd.conf").write_text(
        "\n".join(
            f"{name}={value}"
            for name, value in {
                "listen": "YES",
                "listen_address": "127.0.0.1",
                "listen_port": port,
                "background": "NO",
                "anonymous_enable": "YES",
                "anon_root": folder,
                "no_anon_password": "YES",
                "ssl_enable": "YES",
                "allow_anon_ssl": "YES",
                "force_anon_data_ssl": "YES",
                "force_anon_logins_ssl": "YES",
                "require_ssl_reuse": "YES",
                "ssl_ciphers": "HIGH",
                "rsa_cert_file": base / "certificate.pem",
                "rsa_private_key_file": base / "key.pem",
                "pasv_address": "127.0.0.77",
                "seccomp_sandbox": "NO",
                "isolate": "NO",
                "isolate_network": "NO",
                "secure_chroot_dir": "/var/run/vsftpd/empty",
            }.items()
        )
        + "\n"
    )
    Path("/var/run/vsftpd/empty").mkdir(parents=True, exist_ok=True)
    with process(program, str(base / "vsftpd.conf"), port=port, log=base / "vsftpd.log"):
        yield f"ftps://127.0.0.1:{port}/"

"""Fetches a commit of a git repository: no hooks, no filters, no submodules, no work tree, all bounded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.base.errors import Invalid, Unavailable
from dashboard.publishing.source.archive import unpack
from dashboard.publishing.source.guarded_proxy import GuardedProxy

LIMIT_S = 180.0
SIZE_LIMIT = 500 * 2**20  # bytes of one file that git writes, such as a pack
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,200}")
#: Variables by which git is told of other certificate authorities.
CERTIFICATES = ("SSL_CERT_FILE", "GIT_SSL_CAINFO")
#: What of git's configuration could run a program or leave the address that was asked for.
CONFIGURATION = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "http.followRedirects": "initial",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "transfer.fsckObjects": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


def is_git(text: str) -> bool:
    """Whether a person's text names a git repository and no folder or image."""
    return bool(re.match(r"(?:https?|ssh|git|file)://|[\w.-]+@[\w.-]+:", text)) or text.endswith(".git")


def checked_address(url: str) -> str:
    """Return the address of a repository.

    Raises
    ------
    Invalid
        If it is no http or https address, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError as error:
        raise Invalid(f"{url[:100]!r} is no address: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_number:
        raise Invalid("A repository is fetched over http or https: give such an address.")
    if parts.username or parts.password:
        raise Invalid("The address holds a name or password: it would be stored. Give one without.")
    return url


async def fetch(url: str, ref: str, folder: Path, networks: Sequence[str] = ()) -> str:
    """Put the files of a branch, tag or commit into a new folder; return the commit.

    Parameters
    ----------
    url : str
        Address of the repository.
    ref : str
        Branch, tag or commit; empty: the default branch.
    folder : Path
        Made here.
    networks : sequence of str
        CIDR; allowed beside public addresses.

    Raises
    ------
    Invalid
        If the address or the reference cannot be used.
    Unavailable
        If it cannot be fetched, in time and within the limits.
    """
    checked_address(url)
    if ref and (not _REF.fullmatch(ref) or ".." in ref):
        raise Invalid(f"{ref[:100]!r} is no name of a branch or tag, and no commit.")
    proxy = GuardedProxy(networks)
    with tempfile.TemporaryDirectory(prefix="huggins-git-") as place:
        async with proxy.serve() as address:
            git = _Git(Path(place), address)
            await git.run("init", "--quiet", "--bare", ".")
            try:
                fetching = ("fetch", "--quiet", "--depth", "1", "--no-tags", "--no-write-fetch-head")
                wanted = f"{ref or 'HEAD'}:refs/heads/wanted"
                await git.run(*fetching, "--", url, wanted)
            except Unavailable as error:
                if proxy.denied:
                    told = f"{proxy.denied[0]} is not public, nor in modules.source_networks"
                    raise Invalid(f"The repository is not fetched: {told}.") from error
                raise
        commit = (await git.run("rev-parse", "refs/heads/wanted^{commit}")).decode().strip()
        archive = Path(place) / "files.tar"
        await git.run("archive", "--format=tar", f"--output={archive}", commit)
        with await asyncio.to_thread(archive.open, "rb") as stream:
            await asyncio.to_thread(unpack, stream, folder, mode="r:")
    return commit


class _Git:
    def __init__(self, place: Path, proxy: str) -> None:
        self.place, self.proxy = place, proxy

    async def run(self, *words: str) -> bytes:
        """Run a command of git, and return its output."""
        options = [part for key, value in CONFIGURATION.items() for part in ("-c", f"{key}={value}")]
        process = await asyncio.create_subprocess_exec(
            "git", *options, "-c", f"http.proxy={self.proxy}", *words,
            cwd=self.place,
            env={
                "PATH": os.environ.get("PATH", ""),
                "HOME": str(self.place),
                "GIT_DIR": str(self.place),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_TERMINAL_PROMPT": "0",
                "GIT_ASKPASS": "/bin/false",
                "GIT_LFS_SKIP_SMUDGE": "1",
                **{name: os.environ[name] for name in CERTIFICATES if name in os.environ},
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_limit,
            start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(LIMIT_S):
                output, errors = await process.communicate()
        except TimeoutError as error:
            raise Unavailable(f"The repository is not fetched: it took more than {LIMIT_S:g} s.") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)
                await process.wait()
        if process.returncode != 0:
            lines = errors.decode("utf-8", "replace").strip().splitlines() or ["git gave no reason"]
            raise Unavailable(f"The repository is not fetched: {lines[-1][:300]}.")
        return output


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_LIMIT, SIZE_LIMIT))

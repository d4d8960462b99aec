"""The platform's repository of udocker: its engine, its images, and one container per image.

udocker has no locks, so every change of the repository happens under a lock of this module.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json, write_json
from jobfolder.machine import boot
from launchers.image_archive import BadArchive, ImageStoreError, image_of
from launchers.local import gpus
from launchers.udocker import modes, runc_shim
from launchers.udocker.image import UdockerImage
from launchers.udocker.modes import ENGINES, Engine

#: Variables of the platform's environment that udocker gets; the GPU driver may be on the library path.
PASSED_ON = ("UDOCKER_TARBALL", "https_proxy", "LD_LIBRARY_PATH")

_HEX = re.compile(r"[0-9a-f]{64}")
_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?")


class UdockerFailed(ImageStoreError):
    """udocker failed; the text is a sentence for a person."""


class UdockerStore:
    """The repository in a folder that only this platform uses."""

    def __init__(self, state: Path, tarball: str = "") -> None:
        self.state = state
        self.repository = state / "repository"
        self.shim = state / "runc-shim"
        self._known = state / "engine.json"
        self.env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(state),
            "LANG": "C.UTF-8",
            "UDOCKER_DIR": str(self.repository),
            **{key: os.environ[key] for key in PASSED_ON if key in os.environ},
            **({"UDOCKER_TARBALL": tarball} if tarball else {}),
        }

    def command(self, *arguments: str) -> list[str]:
        """Return a call of the ``udocker`` command, of this environment or of the machine.

        Parameters
        ----------
        *arguments : str
            Arguments of the command.

        Returns
        -------
        list of str
            Program and arguments.

        Raises
        ------
        UdockerFailed
            If udocker is not installed.
        """
        if importlib.util.find_spec("udocker") is not None:
            called = [sys.executable, "-m", "udocker.maincmd"]
        elif found := shutil.which("udocker"):
            called = [found]
        else:
            raise UdockerFailed("it is not installed; install the extra 'hpc'")
        return [*called, *(["--allow-root"] if os.geteuid() == 0 else []), *arguments]

    def install(self) -> str:
        """Unpack udocker's engines once; returns their version."""
        version = self.repository / "lib" / "VERSION"
        if not self._known.is_file():
            with self._locked():
                if not version.is_file():
                    self._call("install")
        return version.read_text(encoding="ascii").strip()

    def engine(self, *, again: bool = False) -> Engine:
        """Return the engine that works on this machine, and have the shim call it.

        Where none works (a login node may deny what its compute nodes allow), the shim calls the best one,
        which will say why.

        Parameters
        ----------
        again : bool
            Try them, also if that was done since the machine was started.
        """
        found = read_json(self._known)
        if again or not found or found["boot"] != boot() or not self.shim.is_file():
            self.install()
            binaries = self.repository / "bin"
            engine = modes.choose(binaries, self.state)
            with self._locked("engine.lock"):
                self._write_shim(engine.path or str(binaries / f"{ENGINES[0]}-{os.uname().machine}"))
                found = {"boot": boot(), "engine": asdict(engine)}
                write_json(self._known, found)
        return Engine(**found["engine"])

    def _write_shim(self, engine: str) -> None:
        """Write the shim, again if its program or the engine has changed."""
        shim = shlex.join([sys.executable, "-I", "-S", runc_shim.__file__, engine])
        text = f'#!/bin/sh\n[ "$1" = spec ] && exec {shlex.quote(engine)} "$@"\nexec {shim} "$@"\n'
        if not (self.shim.is_file() and self.shim.read_text(encoding="utf-8") == text):
            part = self.shim.with_suffix(".part")
            part.write_text(text, encoding="utf-8")
            part.chmod(0o700)
            part.rename(self.shim)

    def set_up_nvidia(self, identifier: str) -> None:
        """Copy the libraries of this machine's NVIDIA driver into the container of an image.

        Copies again when the driver has changed since.

        Parameters
        ----------
        identifier : str
            Id of the image.

        Raises
        ------
        UdockerFailed
            If no driver is loaded, or udocker cannot copy the libraries.
        """
        if not (driver := gpus.driver()):
            raise UdockerFailed(
                f"no NVIDIA driver is found here ({gpus.DRIVER}/version is not there): graphics processors "
                "cannot be used on this node until one is installed and loaded"
            )
        if (image := self.image(identifier)) is None or image.nvidia == driver:
            return
        with self._locked():
            self._call("setup", "--nvidia", "--force", image.container)
            write_json(self._index(identifier.removeprefix("sha256:")), asdict(replace(image, nvidia=driver)))

    def sweep(self) -> None:
        """Remove containers whose creation was interrupted: they have no name.

        Not while somebody is making one.
        """
        with contextlib.suppress(BlockingIOError), self._locked(wait=False):
            containers = self.repository / "containers"
            named = {path.resolve().name for path in containers.glob("*") if path.is_symlink()}
            for path in containers.glob("*"):
                if path.is_dir() and not path.is_symlink() and path.name not in named:
                    self._call("rm", "-f", path.name)
            for path in self.state.glob(".trial.*"):
                shutil.rmtree(path, ignore_errors=True)

    def image(self, identifier: str) -> UdockerImage | None:
        """Return a prepared image by its id; None if there is none."""
        found = read_json(self._index(identifier.removeprefix("sha256:")))
        return UdockerImage(**found) if found else None

    def prepare(self, image: str) -> str:
        """Prepare an image; see `launchers.udocker.launcher.UdockerLauncher.prepare`.

        Parameters
        ----------
        image : str
            An id (``sha256:…``), the path of an archive, or a reference of a registry.

        Returns
        -------
        str
            The image's id.

        Raises
        ------
        UdockerFailed
            If there is no image of that id, or it cannot be loaded or pulled.
        """
        if image.startswith("sha256:"):
            if self.image(image) is None:
                raise UdockerFailed(f"image {image} is not on this node, and an id cannot be pulled")
            return image
        self.install()
        with self._locked():
            if image.startswith("/"):
                return self._load(Path(image))
            for path in sorted((self.state / "images").glob("*.json")):
                if (found := read_json(path)) and found["reference"] == image:
                    return str(found["id"])
            return self._pull(image)

    def _load(self, archive: Path) -> str:
        try:
            digest = image_of(archive)
        except BadArchive as error:
            raise UdockerFailed(str(error)) from error
        if self.image(digest) is None:
            shutil.rmtree(
                self.repository / "repos" / "huggins" / digest, ignore_errors=True
            )  # an interrupted one
            self._call("load", "-i", str(archive), f"huggins/{digest}")
            self._create(digest, str(archive), self._loaded(digest))
        return f"sha256:{digest}"

    def _loaded(self, digest: str) -> str:
        tags = [path.name for path in (self.repository / "repos" / "huggins" / digest).glob("*")]
        if not tags:
            raise UdockerFailed("udocker did not take the archive")
        return f"huggins/{digest}:{tags[0]}"

    def _pull(self, reference: str) -> str:
        if "@" in reference:
            raise UdockerFailed(f"image {reference}: udocker cannot pull by digest; give a tag or an archive")
        host, _, name = reference.rpartition("/") if "/" not in reference else reference.partition("/")
        options: list[str] = []
        if host == "localhost" or "." in host or ":" in host:
            scheme = "http" if _LOOPBACK.fullmatch(host) else "https"
            options = [f"--registry={scheme}://{host}"]
        else:
            name = reference
        name, _, tag = name.partition(":")
        pulled = f"{name}:{tag or 'latest'}"
        self._call("pull", *options, pulled)
        self._call("verify", pulled)
        manifest = read_json(self.repository / "repos" / name / (tag or "latest") / "manifest") or {}
        digest = str(manifest.get("config", {}).get("digest", "")).removeprefix("sha256:")
        if not _HEX.fullmatch(digest):
            raise UdockerFailed(f"image {reference}: what the registry sent names no configuration")
        if self.image(digest) is None:
            self._create(digest, reference, pulled)
        return f"sha256:{digest}"

    def _create(self, digest: str, reference: str, name: str) -> None:
        container = f"huggins-{digest[:16]}"
        with contextlib.suppress(UdockerFailed):
            self._call("rm", container)  # left by somebody who was interrupted here
        self._call("create", f"--name={container}", name)
        self._call("setup", "--execmode=R1", container)
        folder = (self.repository / "containers" / container).resolve()
        described = (folder / "container.json").read_bytes()
        settings: dict[str, Any] = json.loads(described).get("config") or {}
        env = dict(line.split("=", 1) for line in settings.get("Env") or () if "=" in line)
        image = UdockerImage(
            f"sha256:{digest}", reference, container, env, os.path.lexists(folder / "ROOT" / "bin" / "sh")
        )
        self._index(digest).parent.mkdir(exist_ok=True)
        write_json(self._index(digest), asdict(image))

    def _index(self, digest: str) -> Path:
        return self.state / "images" / f"{digest}.json"

    def _call(self, *arguments: str) -> str:
        done = subprocess.run(
            self.command(*arguments), env=self.env, cwd=self.state, capture_output=True, text=True,
            errors="replace", stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise UdockerFailed(f"udocker {arguments[0]} failed: {said[-1] if said else 'it says nothing'}")
        return done.stdout

    @contextlib.contextmanager
    def _locked(self, name: str = "repository.lock", *, wait: bool = True) -> Iterator[None]:
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.state / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield

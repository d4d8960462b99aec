"""An image that is there already, and the folder of the module that it carries."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from catalog.image import NAME, is_image
from catalog.module import FILES
from dashboard.base.errors import Invalid, Unavailable
from dashboard.base.outbound import address_allowed, parse_networks
from dashboard.publishing.images.module_image import ModuleImage
from dashboard.publishing.source.archive import unpack

#: Where an image carries the folder of its module; the Dockerfiles of `huggins modules new` copy it there.
FOLDER = "/opt/module"
PULL_S = 1800.0
DOCKER_HUB = "registry-1.docker.io"


def registry_of(name: str) -> str:
    """Return the host, with its port where it has one, from which an image is fetched.

    Raises
    ------
    Invalid
        If it is no name of an image.
    """
    found = NAME.fullmatch(name) if is_image(name) else None
    if found is None:
        raise Invalid(
            f"{name[:100]!r} is no name of an image: write REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST."
        )
    return found["registry"] or DOCKER_HUB


async def require_public(name: str, own: str, networks: Sequence[str]) -> None:
    """Return if the registry of an image is public, the platform's own, or in an allowed network.

    Parameters
    ----------
    name : str
        Of the image.
    own : str
        The platform's registry, which may hold a path.
    networks : sequence of str
        CIDR; allowed beside public addresses.

    Raises
    ------
    Invalid
        If it is none of these, or no name of an image.
    """
    registry = registry_of(name)
    if own and registry == own.split("/", maxsplit=1)[0]:
        return
    host, _, port = registry.partition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, int(port or 443))
    except OSError as error:
        raise Invalid(f"The registry {registry} has no address: correct the name of the image.") from error
    allowed = parse_networks(networks)
    if not all(address_allowed(str(entry[4][0]), allowed) for entry in found):
        raise Invalid(f"The image is not fetched: {registry} is not public, nor in modules.source_networks.")


async def bring(name: str, folder: Path, *, pull: bool) -> ModuleImage:
    """Fetch an image, and copy the folder of the module that it carries.

    Parameters
    ----------
    name : str
        Of the image.
    folder : Path
        Made here; gets the files.
    pull : bool
        Whether it is fetched even if the engine has an image of that name.

    Returns
    -------
    ModuleImage
        The image; it is named by digest where it comes from a registry.

    Raises
    ------
    Unavailable
        If it cannot be fetched.
    Invalid
        If it carries no module.
    """
    known = await asyncio.to_thread(_inspected, name)
    if pull or known is None:
        await asyncio.to_thread(_pull, name)
    found = await asyncio.to_thread(_inspected, name)
    if found is None:
        raise Unavailable(f"The engine does not have the image {name}.")
    image = ModuleImage(str(found["Id"]), _by_digest(name, found), kept=known is not None)
    workdir = str((found.get("Config") or {}).get("WorkingDir") or "")
    for place in dict.fromkeys((FOLDER, workdir)):
        target = folder if place == FOLDER else folder.with_name(f"{folder.name}-workdir")
        found_there = bool(place.strip("/")) and await asyncio.to_thread(_copied, image.id, place, target)
        if found_there:
            if target != folder:
                shutil.rmtree(folder)  # of the first place, where there is no module
                target.rename(folder)
            return image
    told = (
        f"{name} carries no module: neither {FOLDER} nor its working directory holds a {' or '.join(FILES)}."
    )
    raise Invalid(f"{told} Copy the module's folder there (COPY . {FOLDER}/), and build it again.")


def _by_digest(name: str, found: dict[str, Any]) -> str:
    """Return the name by which an engine knows an image by digest; the name itself where it is local."""
    path = name.partition("@")[0]
    path = path.rpartition(":")[0] if ":" in path.rpartition("/")[2] else path
    named = [str(one) for one in found.get("RepoDigests") or () if str(one).partition("@")[0] == path]
    return named[0] if named else name


def _inspected(name: str) -> dict[str, Any] | None:
    done = _docker("image", "inspect", name)
    found: list[dict[str, Any]] = json.loads(done.stdout) if done.returncode == 0 else []
    return found[0] if found else None


def _pull(name: str) -> None:
    done = _docker("pull", "--quiet", name, limit_s=PULL_S)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["the engine gave no reason"]
        raise Unavailable(f"The image {name} cannot be fetched: {lines[-1][:300]}")


def _docker(*words: str, limit_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["docker", *words], capture_output=True, text=True, timeout=limit_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"docker {words[0]} did not end: {error}.") from error


def _copied(image: str, place: str, folder: Path) -> bool:
    """Copy a folder of an image, of which nothing is run; return whether it describes a module."""
    made = _docker("create", "--network", "none", image, "none")
    if made.returncode != 0:
        raise Unavailable(f"docker create: {made.stderr.strip()[:300]}")
    container = made.stdout.strip()
    words = ["docker", "cp", f"{container}:{place}/.", "-"]
    try:
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                unpack(cast("IO[bytes]", process.stdout), folder)
            except Invalid:
                if process.wait(10) == 0:  # else there is no such folder
                    raise
            finally:
                process.kill()
    finally:
        _docker("rm", "--force", container)
    return any((folder / name).is_file() for name in FILES)

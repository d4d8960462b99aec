"""The builder of a platform: fetches, checks, builds, pushes, and lists what an image holds."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashboard.base.errors import Unavailable
from dashboard.publishing.builder import RegistryAway
from dashboard.publishing.check.check import Wanted, check_folder
from dashboard.publishing.finding import Report
from dashboard.publishing.images import existing
from dashboard.publishing.images.module_image import ModuleImage, discard
from dashboard.publishing.scaffold.own_names import own_names
from dashboard.publishing.source import git
from dashboard.settings import ModulesSettings

PUSH_S = 1800.0
ANSWER_S = 10.0  # seconds within which a registry takes a connection
#: Prints name and version of every package; runs in the image, without a network.
LIST = (
    "import json; from importlib.metadata import distributions as d; "
    "print(json.dumps(sorted({(str(x.metadata['Name']), x.version, "
    "str(x.metadata.get('License-Expression') or x.metadata.get('License') or '')[:80]) for x in d()})))"
)


class Workshop:
    """Builds on the Docker engine of this machine.

    Parameters
    ----------
    settings : ModulesSettings
        Registry, networks.
    """

    def __init__(self, settings: ModulesSettings) -> None:
        self._settings = settings

    async def fetch(self, url: str, ref: str, folder: Path) -> str:
        """See `dashboard.publishing.source.git.fetch`."""
        return await git.fetch(url, ref, folder, self._settings.source_networks)

    async def bring(self, name: str, folder: Path) -> ModuleImage:
        """Fetch an image and the folder of the module that it carries.

        Parameters
        ----------
        name : str
            Of the image, in a registry that is public, the platform's, or in `source_networks`.
        folder : Path
            Made here.

        Returns
        -------
        ModuleImage
            The image.

        Raises
        ------
        Invalid, Unavailable
            As `dashboard.publishing.images.existing` says.
        """
        await existing.require_public(name, self._settings.registry, self._settings.source_networks)
        # An image of the same name on this machine's engine may be somebody else's: it is fetched always.
        return await existing.bring(name, folder, pull=True)

    async def check(
        self, folder: Path, image: ModuleImage | None = None
    ) -> tuple[Report, ModuleImage | None]:
        """Check a module, and build its image where there is none."""
        network = self._settings.build_network or None
        return await check_folder(folder, Wanted(network=network, taken=own_names(), image=image))

    async def push(self, image: ModuleImage, module: str, version: str) -> str:
        """Push an image to the registry; return its name by digest.

        Parameters
        ----------
        image : ModuleImage
            Of the engine.
        module : str
            With namespace.
        version : str
            Tag of the image.

        Returns
        -------
        str
            ``REGISTRY/NAMESPACE/NAME@sha256:…``; without a registry the engine's id, which is a digest, too.

        Raises
        ------
        RegistryAway
            If the registry does not answer.
        Unavailable
            If it does not take the image.
        """
        await self._require_registry()
        tag = version.replace("+", "-")
        local = f"huggins-published/{module}:{tag}"  # keeps the image when that of the check is removed
        await _docker("tag", image.id, local)
        if not self._settings.registry:
            return image.id
        repository = f"{self._settings.registry}/{module}"
        await _docker("tag", image.id, f"{repository}:{tag}")
        await _docker("push", "--quiet", f"{repository}:{tag}", limit_s=PUSH_S)
        text = await _docker("image", "inspect", "--format", "{{json .RepoDigests}}", image.id)
        digests: list[str] = json.loads(text)
        for digest in digests:
            if digest.startswith(f"{repository}@"):
                return digest
        raise Unavailable(f"The registry {self._settings.registry} gave no digest for {module}.")

    async def _require_registry(self) -> None:
        """Return if the registry takes connections, or there is none."""
        registry = self._settings.registry.split("/")[0]
        if not registry:
            return
        host, _, port = registry.partition(":")
        try:
            async with asyncio.timeout(ANSWER_S):
                _, writer = await asyncio.open_connection(host, int(port or 443))
            writer.close()
        except (OSError, TimeoutError) as error:
            raise RegistryAway(f"The registry {registry} does not answer.") from error

    async def sbom(self, image: ModuleImage, module: str, version: str) -> dict[str, Any]:
        """Return the packages of an image, as CycloneDX 1.5.

        Parameters
        ----------
        image : ModuleImage
            Of the engine.
        module, version : str
            What it is an image of.

        Returns
        -------
        dict
            JSON.

        Raises
        ------
        Unavailable
            If the image does not list them.
        """
        words = ("run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--memory", "512m")
        text = await _docker(*words, "--entrypoint", "python", image.id, "-c", LIST, limit_s=120)
        try:
            listed = json.loads(text.splitlines()[-1])
            packages = [(str(name), str(number), str(licence)) for name, number, licence in listed]
        except (ValueError, IndexError, TypeError) as error:
            raise Unavailable("The image does not list its packages.") from error
        return bill(packages, image.id, module, version)

    async def discard(self, image: ModuleImage) -> None:
        """Remove an image that is not published."""
        await discard(image)


def bill(packages: Sequence[tuple[str, str, str]], image: str, module: str, version: str) -> dict[str, Any]:
    """Return a bill of materials as CycloneDX 1.5.

    Parameters
    ----------
    packages : sequence of (str, str, str)
        Name, version and licence.
    image : str
        The engine's id.
    module, version : str
        What it is of.

    Returns
    -------
    dict
        JSON.
    """
    components = []
    for name, number, licence in packages:
        component: dict[str, Any] = {"type": "library", "name": name, "version": number}
        component["purl"] = f"pkg:pypi/{name.lower().replace('_', '-')}@{number}"
        if licence:
            component["licenses"] = [{"license": {"name": licence}}]
        components.append(component)
    subject = {"type": "container", "name": module, "version": version}
    properties = [{"name": "huggins:image", "value": image}]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": subject, "properties": properties},
        "components": components,
    }


async def _docker(*words: str, limit_s: float = 60.0) -> str:
    try:
        done = await asyncio.to_thread(
            subprocess.run, ["docker", *words], capture_output=True, text=True, timeout=limit_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"docker {words[0]} did not end: {error}.") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise Unavailable(f"docker {words[0]}: {lines[-1][:300]}")
    return done.stdout.strip()

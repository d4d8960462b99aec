"""A site whose builder builds nothing, and modules to publish on it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
import tarfile
from pathlib import Path
from typing import Any

from catalog.document import read_document
from dashboard.publishing.builder import RegistryAway
from dashboard.publishing.finding import Report, Step, StepState, error
from dashboard.publishing.images.module_image import ModuleImage
from dashboard.publishing.publications import ENDED
from dashboard.publishing.workshop import bill
from tests.platform.web.conftest import Site


class FakeBuilder:
    """Finds no fault unless it is told to, and gives images by a hash of what is in the folder."""

    def __init__(self) -> None:
        self.faults: list[Any] = []
        self.runs = True
        self.discarded: list[str] = []
        self.images: dict[str, Path] = {}
        self.away = 0  # times that the registry does not answer

    async def fetch(self, url: str, ref: str, folder: Path) -> str:
        raise AssertionError(url)

    async def bring(self, name: str, folder: Path) -> ModuleImage:
        shutil.copytree(self.images[name], folder)
        return ModuleImage(f"sha256:{hashlib.sha256(name.encode()).hexdigest()}", name)

    async def check(
        self, folder: Path, image: ModuleImage | None = None
    ) -> tuple[Report, ModuleImage | None]:
        own = read_document(folder / "module.yaml")["huggins"]
        report = Report(str(folder), own["name"], own["version"], list(self.faults))
        if self.runs:
            report.steps.append(Step("train", "docker", StepState.PASSED, 1.0))
        if image is not None:
            return report, image
        content = (folder / "module.yaml").read_bytes()
        return report, ModuleImage(f"sha256:{hashlib.sha256(content).hexdigest()}", "checked", "built")

    async def push(self, image: ModuleImage, module: str, version: str) -> str:
        if self.away:
            self.away -= 1
            raise RegistryAway("The registry registry.org does not answer.")
        return f"registry.org/{module}@{image.id}"

    async def sbom(self, image: ModuleImage, module: str, version: str) -> dict[str, Any]:
        return bill([("numpy", "2.0.0", "BSD-3-Clause")], image.id, module, version)

    async def discard(self, image: ModuleImage) -> None:
        self.discarded.append(image.id)


def packed(folder: Path) -> bytes:
    """Return a folder as it is sent."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return stream.getvalue()


async def published(
    site: Site, content: bytes, headers: dict[str, str] | None = None, namespace: str = ""
) -> dict[str, Any]:
    """Publish, and return the publication when it has ended."""
    headers = headers or site.json
    sent = {**headers, "Content-Type": "application/gzip"}
    query = {"namespace": namespace}
    answer = await site.stranger.post("/publications", data=content, headers=sent, params=query)
    assert answer.status == 201, await answer.text()
    return await settled(site, (await answer.json())["publication"]["id"], headers)


async def settled(site: Site, identifier: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return a publication when it has ended."""
    while True:
        answer = await site.stranger.get(f"/publications/{identifier}", headers=headers)
        found: dict[str, Any] = (await answer.json())["publication"]
        if found["state"] in ENDED:
            return found
        await asyncio.sleep(0.01)


FAULT = error("licence.missing", "LICENSE", "There is no file with the licence.", "Add one.")

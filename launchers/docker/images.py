"""The images of an engine: pulled, loaded from an archive, or copied from the local engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from launchers.base import ImageMissing
from launchers.docker.connection import DEFAULT_URL, KIND, SOCKET, Client
from launchers.image_archive import BadArchive, image_of


def prepare(client: Any, image: str, elsewhere: bool) -> str:
    """Make an image available on an engine and return its id.

    Parameters
    ----------
    image : str
        A name with a tag or a digest, an id that is there, or the path of an archive of ``docker save``.
    elsewhere : bool
        Whether the engine is on another host; images that only the local engine has are copied there.

    Raises
    ------
    ImageMissing
        If it cannot be fetched; the reason is the text of the engine or the registry.
    """
    if image.startswith("/"):
        return _load(client, Path(image))
    if image.startswith("sha256:"):
        if (found := known(client, image)) is None:
            raise ImageMissing(KIND, f"image {image} is not on this node, and an id cannot be pulled")
        return found
    local = _LocalEngine() if elsewhere else None
    with local or contextlib.nullcontext():
        if local is None or (identifier := local.id(image)) is None:
            return known(client, image) or _pull(client, image)
        if known(client, identifier) is None and not _pulled(client, image, identifier):
            _finish(client.load_image(local.content(image)), f"image {image} cannot be brought to this node")
        return identifier


def known(client: Any, image: str) -> str | None:
    """Return the id of an image that an engine has."""
    with contextlib.suppress(NotFound):
        return str(client.inspect_image(image)["Id"])
    return None


def _pull(client: Any, image: str) -> str:
    missing = f"image {image} cannot be pulled"
    try:
        _finish(client.pull(*docker.utils.parse_repository_tag(image), stream=True, decode=True), missing)
        return str(client.inspect_image(image)["Id"])
    except APIError as error:
        raise ImageMissing(KIND, f"{missing}: {error.explanation}") from error


def _load(client: Any, archive: Path) -> str:
    try:
        identifier = f"sha256:{image_of(archive)}"
    except BadArchive as error:
        raise ImageMissing(KIND, str(error)) from error
    if known(client, identifier) is None:
        with archive.open("rb") as data:
            _finish(client.load_image(data), f"{archive} cannot be loaded")
    return identifier


def _pulled(client: Any, image: str, identifier: str) -> bool:
    """Pull the image if a registry has the same one, to spare the link of this host."""
    try:
        return _pull(client, image) == identifier
    except ImageMissing:
        return False


class _LocalEngine:
    """The engine of this host, if there is one."""

    def __init__(self) -> None:
        self._client: Any = None
        with contextlib.suppress(DockerException, requests.RequestException):
            if Path(SOCKET).exists():
                self._client = Client(base_url=DEFAULT_URL, version="auto")

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        if self._client is not None:
            self._client.close()

    def id(self, image: str) -> str | None:
        return None if self._client is None else known(self._client, image)

    def content(self, image: str) -> Iterable[bytes]:
        content: Iterable[bytes] = self._client.get_image(image)
        return content


def _finish(lines: Iterable[Mapping[str, Any]], failed: str) -> None:
    """Read the progress messages of the engine; errors are reported only there."""
    faults = [line["error"] for line in lines if "error" in line]  # read to the end: the connection is kept
    if faults:
        raise ImageMissing(KIND, f"{failed}: {faults[0]}")

"""What ``docker save`` writes into a file, and the error of the stores that take it."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

#: Bytes of an archive's list of contents, and of an image's configuration, that are read.
LIMIT = 2**20


class ImageStoreError(Exception):
    """A store of images failed; the text is a sentence for a person."""


class BadArchive(Exception):
    """The file is no archive of one image; the text is a sentence for a person."""


def image_of(archive: Path) -> str:
    """Return the id of the one image in an archive of ``docker save``.

    Parameters
    ----------
    archive : Path
        The archive, which is not unpacked.

    Returns
    -------
    str
        SHA-256 of the image's configuration, in hexadecimal digits.

    Raises
    ------
    BadArchive
        If the file is no such archive, holds several images, or its configuration has another digest than its
        name says.
    """
    try:
        with tarfile.open(archive) as tar:
            member = tar.extractfile("manifest.json")
            listed = json.loads(member.read(LIMIT)) if member else []
            name = listed[0]["Config"]
            found = tar.extractfile(name)
            digest = hashlib.sha256(found.read(LIMIT) if found else b"").hexdigest()
    except (OSError, tarfile.TarError, ValueError, LookupError, TypeError) as error:
        raise BadArchive(f"{archive} is no archive of 'docker save': {error}") from error
    if len(listed) != 1:
        raise BadArchive(f"{archive} holds {len(listed)} images; save one at a time")
    if digest not in name:
        raise BadArchive(f"{archive} is damaged: {name} is not what its name says")
    return digest

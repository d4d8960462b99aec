"""Signatures of published versions: ed25519, by a key of the platform, over image and description."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dashboard.base.errors import Unavailable
from launchers.private_file import exposed


def statement(module: str, version: str, image: str, document: Mapping[str, Any]) -> bytes:
    """Return what is signed: canonical JSON of name, version, image and the hash of the description.

    Parameters
    ----------
    module, version : str
        Name with namespace, and version.
    image : str
        By digest.
    document : mapping
        The description.

    Returns
    -------
    bytes
        The same for the same values.
    """
    described = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    said = {
        "schema": 1,
        "module": module,
        "version": version,
        "image": image,
        "metadata_sha256": hashlib.sha256(described.encode()).hexdigest(),
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


class SigningKey:
    """The platform's key; made when something is signed for the first time.

    Parameters
    ----------
    file : Path
        The private key in PEM, mode 0600.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def sign(self, content: bytes) -> str:
        """Return the signature of a content: ``ed25519:KEY:SIGNATURE``, both in base64.

        Raises
        ------
        Unavailable
            If the key cannot be used.
        """
        key = self._load() or self._make()
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"ed25519:{_text(public)}:{_text(key.sign(content))}"

    @property
    def public(self) -> str:
        """The public key in base64; empty where nothing was signed yet."""
        key = self._load()
        return _text(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)) if key else ""

    def verifies(self, signature: str, content: bytes) -> bool:
        """Return whether a signature is this platform's own, of exactly this content."""
        return verified(signature, content, self.public)

    def _load(self) -> Ed25519PrivateKey | None:
        try:
            raw = self.file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"The signing key {self.file} cannot be read: {error.strerror}.") from error
        if told := exposed(self.file):
            raise Unavailable(f"The signing key {self.file} is not private: {told}.")
        try:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(raw, validate=True))
        except ValueError as error:
            raise Unavailable(f"{self.file} holds no signing key.") from error

    def _make(self) -> Ed25519PrivateKey:
        key = Ed25519PrivateKey.generate()
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        try:
            descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(raw))
        except FileExistsError:
            return self._load() or key  # another process was first
        except OSError as error:
            raise Unavailable(f"The signing key {self.file} cannot be made: {error.strerror}.") from error
        return key


def verified(signature: str, content: bytes, key: str) -> bool:
    """Return whether a signature is of a key, and of exactly this content.

    Parameters
    ----------
    signature : str
        ``ed25519:KEY:SIGNATURE``.
    content : bytes
        What was signed.
    key : str
        The public key in base64; empty: no signature counts.

    Returns
    -------
    bool
        Whether it is.
    """
    parts = signature.split(":")
    if not key or len(parts) != 3 or parts[0] != "ed25519" or parts[1] != key:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(parts[2], validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")

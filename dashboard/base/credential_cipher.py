"""Encrypts credentials that the database stores: who has the database alone cannot use them.

A stored credential is ``enc1:KEY:TOKEN``: `KEY` names the key it was encrypted with (the beginning of its
SHA-256), `TOKEN` is Fernet's (AES-128-CBC with HMAC-SHA-256). Keys lie in a file outside of the database, one
a line, the newest first; the newest encrypts, every one decrypts, so that a rotation needs no pause.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from dashboard.base.errors import Unavailable
from launchers.private_file import exposed

PREFIX = "enc1:"
KEY_ID = 8  # characters


class CredentialCipher:
    """Encrypts and decrypts stored credentials.

    Parameters
    ----------
    file : Path
        The file of the keys; made with a new key when a credential is stored for the first time.
    keys : sequence of str
        Keys that the settings give, the newest first; then there is no file.
    """

    def __init__(self, file: Path, keys: Sequence[str] = ()) -> None:
        self.file = file
        self._given = bool(keys)
        self._keys = _ciphers(keys, "credentials.keys") if keys else {}
        self._read: tuple[int, ...] | None = None

    @property
    def source(self) -> str:
        """Where its keys come from, for messages."""
        return "the setting credentials.keys" if self._given else str(self.file)

    def encrypt(self, text: str) -> str:
        """Return what is stored of a credential; an empty one stays empty.

        Raises
        ------
        Unavailable
            If the file of the keys cannot be used.
        """
        if not text:
            return ""
        self._load()
        if not self._keys:
            self._make()
        name, cipher = next(iter(self._keys.items()))
        return f"{PREFIX}{name}:{cipher.encrypt(text.encode()).decode()}"

    def decrypt(self, stored: str) -> str:
        """Return a credential; one that an earlier version stored as it is, is returned as it is.

        Raises
        ------
        Unavailable
            If it was encrypted with another key, or changed; with what to do.
        """
        if not stored.startswith(PREFIX):
            return stored
        name, _, token = stored.removeprefix(PREFIX).partition(":")
        self._load()
        if name not in self._keys:
            raise Unavailable(
                f"A stored credential was encrypted with the key {name}, which {self.source} does not hold: "
                f"put that key back as a further line there, or enter the credential again."
            )
        try:
            return self._keys[name].decrypt(token).decode()
        except (InvalidToken, ValueError) as error:
            raise Unavailable(
                f"A stored credential cannot be decrypted with its key {name}: it was changed. "
                "Enter it again."
            ) from error

    def readable(self, stored: str) -> bool:
        """Return whether a credential can be decrypted."""
        try:
            self.decrypt(stored)
        except Unavailable:
            return False
        return True

    def is_newest(self, stored: str) -> bool:
        """Return whether a credential was encrypted with the newest key; an empty one needs none."""
        self._load()
        return not stored or any(stored.startswith(f"{PREFIX}{name}:") for name in [*self._keys][:1])

    def add_key(self) -> str:
        """Put a new key before those of the file, and return its name.

        Raises
        ------
        Unavailable
            If the keys come from the settings, or the file cannot be used.
        """
        self._require_file()
        self._load()
        self._write([Fernet.generate_key().decode(), *self._lines()])
        return next(iter(self._keys))

    def keep_newest(self) -> int:
        """Delete all keys of the file but the newest, and return how many."""
        self._require_file()
        lines = self._lines()
        self._write(lines[:1])
        return len(lines[1:])

    def _require_file(self) -> None:
        if self._given:
            raise Unavailable(
                "The keys come from the setting credentials.keys: put the new key before the others there, "
                "start the platform again, and remove the old ones when nothing needs them (`huggins check`)."
            )

    def _lines(self) -> list[str]:
        if not self.file.is_file():
            return []
        return [line.strip() for line in self.file.read_text("ascii", "replace").splitlines() if line.strip()]

    def _make(self) -> None:
        self._require_file()
        self._write([Fernet.generate_key().decode()], new=True)

    def _write(self, lines: Sequence[str], *, new: bool = False) -> None:
        """Replace the file; with `new`, another process may have been faster: its file stays."""
        partial = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            if new:
                with contextlib.suppress(FileExistsError):
                    self.file.hardlink_to(partial)
            else:
                partial.replace(self.file)
        finally:
            partial.unlink(missing_ok=True)
        self._load()

    def _load(self) -> None:
        """Read the file again if it was changed, also by another process."""
        if self._given:
            return
        try:
            found = self.file.stat()
        except FileNotFoundError:
            self._keys, self._read = {}, None
            return
        state = (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid)
        if state == self._read:
            return
        if why := exposed(self.file):
            raise Unavailable(f"The keys of stored credentials are not used: {why}.")
        self._keys = _ciphers(self._lines(), str(self.file))
        self._read = state


def _ciphers(keys: Sequence[str], source: str) -> dict[str, Fernet]:
    """Return the ciphers by the names of their keys, in order."""
    found = {}
    for number, key in enumerate(keys, 1):
        try:
            found[key_name(key)] = Fernet(key)
        except ValueError as error:
            raise Unavailable(
                f"{source}: key {number} is none: it must be 32 bytes in URL-safe base64. "
                "Restore the file from where you keep a copy of it."
            ) from error
    return found


def key_name(key: str) -> str:
    """Return the name of a key, which tells nothing of it."""
    return hashlib.sha256(key.encode()).hexdigest()[:KEY_ID]

"""What a backup says of itself, in its last member: without it the backup is not whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from dashboard.base.errors import Conflict, Invalid

SCHEMA = 1
NAME = "manifest.json"


@dataclass
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    version, revision : str
        Of the program that made it, and of its database's schema.
    created : str
        The moment of the database, ISO 8601, UTC.
    home : str
        The home folder it was made of, which paths in the database begin with.
    rows : dict
        Table to number of rows.
    files : dict
        Path to SHA-256.
    missing : list of str
        Files that were deleted after the moment of the database.
    spectra : bool
        Whether the files of datasets are in it.
    schema : int
        Of this description.
    """

    version: str
    revision: str
    created: str
    home: str
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    spectra: bool = True
    schema: int = SCHEMA

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Manifest:
        """Read a manifest.

        Raises
        ------
        Invalid
            If it is none.
        Conflict
            If a newer version of this program made it.
        """
        try:
            found: Any = json.loads(text)
            schema = found["schema"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Invalid(f"The backup's {NAME} cannot be read: {error}.") from error
        if schema != SCHEMA:
            made = found.get("version", "unknown")
            raise Conflict(
                f"The backup was made by Huggins {made} in form {schema}; this version reads form {SCHEMA}. "
                "Restore it with that version or a newer one."
            )
        try:
            made = cls(**found)
        except TypeError as error:
            raise Invalid(f"The backup's {NAME} cannot be read: {error}.") from error
        if not isinstance(made.files, dict) or not isinstance(made.rows, dict):
            raise Invalid(f"The backup's {NAME} cannot be read: files and rows must be objects.")
        texts = (made.version, made.revision, made.created, made.home, *made.files, *made.files.values())
        if not all(isinstance(text, str) for text in texts):
            raise Invalid(f"The backup's {NAME} cannot be read: a value is no text.")
        return made

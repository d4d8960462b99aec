"""Where the results of launches on other machines belong on this one.

The records are kept on this host, because a remote machine must not choose paths of this host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from jobfolder.json_file import read_json, write_json


@dataclass(frozen=True)
class Record:
    """Where the results of one launch belong.

    Attributes
    ----------
    places : mapping of str to str
        The launcher's name of each writable mount, to its path on this host.
    whole : bool
        Whether all results have been fetched after the end.
    inputs : tuple of str
        Paths in the container that are inputs, although they lie below a writable mount.
    """

    places: Mapping[str, str]
    whole: bool = False
    inputs: tuple[str, ...] = ()


class Records:
    """The records in a folder of this host, one file per launch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Record | None:
        """Return the record of a launch; None if there is none."""
        found = read_json(self._folder / f"{name}.json")
        return Record(**{**found, "inputs": tuple(found.get("inputs", ()))}) if found else None

    def write(self, name: str, record: Record) -> None:
        """Write the record of a launch."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self._folder / f"{name}.json", asdict(record))

    def forget(self, name: str) -> None:
        """Delete the record of a launch; fetched results stay."""
        (self._folder / f"{name}.json").unlink(missing_ok=True)

"""Where the results of launches on other machines belong on this one.

Written down here, and the other side is not asked: whoever rules there must not choose paths of this host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from jobfolder.json_file import read_json, write_json


@dataclass(frozen=True)
class Record:
    """What comes back of one launch.

    Attributes
    ----------
    places : mapping of str to str
        What the launcher calls a writable mount, to the path that it has on this host.
    whole : bool
        Everything has come back after the end.
    inputs : tuple of str
        Paths inside that are no results, though they lie below a writable mount.
    """

    places: Mapping[str, str]
    whole: bool = False
    inputs: tuple[str, ...] = ()


class Records:
    """One file per launch in a folder of this host."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Record | None:
        """Return a launch's record; None if there is none."""
        found = read_json(self._folder / f"{name}.json")
        return Record(**{**found, "inputs": tuple(found.get("inputs", ()))}) if found else None

    def write(self, name: str, record: Record) -> None:
        """Keep it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self._folder / f"{name}.json", asdict(record))

    def forget(self, name: str) -> None:
        """Forget a launch; what came back stays."""
        (self._folder / f"{name}.json").unlink(missing_ok=True)

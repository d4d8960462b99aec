"""``checkpoint.json``: the card that names the newest checkpoint and the files that it consists of.

The container writes the card last, by rename; the platform trusts a checkpoint only when every file has the
size and hash that the card says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from jobfolder.names import SCHEMA

#: Letters that the name of a checkpoint's folder may have.
NAME_LENGTH = 80


@dataclass(frozen=True)
class CheckpointFile:
    """One file of a checkpoint.

    Attributes
    ----------
    path : str
        Relative to the checkpoint's folder, with ``/``.
    size : int
        Bytes.
    sha256 : str
        Hexadecimal.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class CheckpointCard:
    """A checkpoint, as its card describes it.

    Attributes
    ----------
    folder : str
        The name of the folder beside the card that holds the files.
    step : object
        The step that the state belongs to; an integer as methods write it, unchecked as it is read.
    time : str
        When it was written.
    files : tuple of CheckpointFile
    """

    folder: str
    step: object
    time: str
    files: tuple[CheckpointFile, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``checkpoint.json``."""
        return {"schema": SCHEMA, **asdict(self), "files": [asdict(file) for file in self.files]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> CheckpointCard:
        """Read the content of a ``checkpoint.json`` that is not trusted.

        Raises
        ------
        ValueError
            If it is no card of this schema, or `folder` is no plain name.
        """
        folder, files = content.get("folder"), content.get("files")
        if content.get("schema") != SCHEMA or not isinstance(folder, str) or not isinstance(files, list):
            raise ValueError("checkpoint.json is no card of a checkpoint")
        if len(PurePosixPath(folder).parts) != 1 or folder.startswith(".") or len(folder) > NAME_LENGTH:
            raise ValueError(f"{folder!r} is no folder of a checkpoint")
        read = tuple(_file(file) for file in files)
        return cls(folder, content.get("step"), str(content.get("time", "")), read)


def _file(content: object) -> CheckpointFile:
    if not isinstance(content, dict) or not isinstance(content.get("path"), str):
        raise ValueError("a file of the checkpoint has no path")  # noqa: TRY004 the file is wrong, no argument
    size = content.get("size")
    if isinstance(size, bool) or not isinstance(size, int):
        raise ValueError(f"{content['path']!r} of the checkpoint has no size")  # noqa: TRY004
    return CheckpointFile(content["path"], size, str(content.get("sha256")))

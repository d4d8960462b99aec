"""A view of a report before it is written, and how its data become files and JSON."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def view_id(head: str, name: str) -> str:
    """Return the id of a view about something that data name.

    Parameters
    ----------
    head : str
        What the view shows, as an id.
    name : str
        What it is about, such as a value ``fe_h``.

    Returns
    -------
    str
        Lower-case letters, digits and hyphens; different names have different ids.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{head}-{name}" if plain == name else f"{head}-{plain or 'x'}-{zlib.crc32(name.encode()):08x}"


@dataclass(frozen=True)
class View:
    """A view before it is written; the functions of `views` make them."""

    id: str
    kind: str
    title: str
    data: Mapping[str, Any]
    help: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"view id {self.id!r}: lower-case letters, digits and hyphens only")

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the arrays into `folder` as ``ID-KEY.npy`` and return the view's JSON, which names them."""
        data: dict[str, Any] = {}
        for key, value in self.data.items():
            if isinstance(value, np.ndarray):
                name = f"{self.id}-{key.replace('_', '-')}.npy"
                with (folder / f".{name}.tmp").open("wb") as stream:
                    np.save(stream, value, allow_pickle=False)
                (folder / f".{name}.tmp").replace(folder / name)
                data[key] = name
            else:
                data[key] = value
        view = {"id": self.id, "kind": self.kind, "title": self.title, "data": data}
        return view | {"help": self.help} if self.help else view


def inline(values: Any) -> Any:
    """Turn arrays into lists of JSON types, however nested; numbers that are not finite become None."""
    if isinstance(values, np.ndarray | np.generic):
        values = values.tolist()
    if isinstance(values, Mapping):
        return {str(key): inline(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [inline(value) for value in values]
    if isinstance(values, float) and not np.isfinite(values):
        return None
    return values

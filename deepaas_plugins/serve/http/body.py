"""What a request's body holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Body:
    """What a request holds, ready for a frame.

    Attributes
    ----------
    form
        ``[name, text]`` or ``[name, {"filename", "type", "size" | "path"}]``.
    parts
        The files' bytes, in the order of the form, then the JSON body.
    json_size
        Bytes of the JSON body.
    spooled
        Whether any file is on disk.
    """

    form: list[list[Any]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    json_size: int = 0
    spooled: bool = False

    @property
    def files(self) -> int:
        """Count the files."""
        return sum(1 for _, value in self.form if not isinstance(value, str))

    def add_file(self, name: str, filename: str, kind: str, content: bytes) -> None:
        """Add a file that is in memory.

        Parameters
        ----------
        name : str
            Name of the form's field.
        filename : str
            Name of the file.
        kind : str
            Its media type.
        content : bytes
            Its bytes.
        """
        self.form.append([name, {"filename": filename, "type": kind, "size": len(content)}])
        self.parts.append(content)

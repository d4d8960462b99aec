"""Why something is not read, said by the code that does not know the name of the file."""

from __future__ import annotations


class Refusal(Exception):
    """A reason, one sentence; the entry of the room adds the source and raises `UnreadableSpectrum`."""

"""The error of readers that do not know the name of the file."""

from __future__ import annotations


class ReadError(Exception):
    """Why a spectrum cannot be read, in one sentence; `entry` adds the source as `UnreadableSpectrum`."""

"""The error of readers that do not know the name of the file."""

from __future__ import annotations

from spectra.fault import Fault


class ReadError(Exception):
    """A spectrum cannot be read; `entry` adds the source and makes an `UnreadableSpectrum` of it.

    Parameters
    ----------
    reason
        One sentence.
    kind
        The class of the fault.
    place
        The part of the file that it is about ("row 3"); "" where it is about the file.
    """

    def __init__(self, reason: str, kind: Fault = Fault.MALFORMED, place: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.place = place

    def within(self, place: str) -> ReadError:
        """Return the same error with the place in the file (a row, an order, a table) before the reason."""
        return ReadError(f"{place}: {self}", self.kind, place)

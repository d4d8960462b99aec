"""How much of one file may be held in memory at once: a server's protection against what it is sent.

Files of one's own have no such limits (`UNLIMITED`): their spectra are as long as they are.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_TOGETHER = 8
_BYTES = 128
_TEXT = 64
_LINES = 2  # for each point: comments and empty lines are none


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of size, which all follow from one number, and of time.

    Parameters
    ----------
    points
        Of one spectrum.
    setting
        Where `points` can be changed, for the person who is rejected ("" where nowhere).
    seconds
        For the reading of one file, or of one member of an archive.
    """

    points: int = sys.maxsize
    setting: str = ""
    seconds: float = math.inf

    @property
    def together(self) -> int:
        """Points of all spectra that are held at once."""
        return self.points * _TOGETHER

    @property
    def unpacked(self) -> int:
        """Bytes that one packed file may unpack to: some columns of 64 bits for each point."""
        return self.points * _BYTES

    @property
    def text(self) -> int:
        """Bytes of one text or XML document: more than a line for each point."""
        return self.points * _TEXT

    def check(self, points: int, rows: int = 1) -> None:
        """Check the shape of an array before it is made.

        Parameters
        ----------
        points
            Of each spectrum in it.
        rows
            Spectra in it.

        Raises
        ------
        ReadError
            When it is over a limit.
        """
        if points > self.points:
            raise ReadError(f"it has {points:,} points; {self._most}", Fault.TOO_LARGE)
        if points * rows > self.together:
            raise ReadError(
                f"its {rows:,} spectra of {points:,} points are more than the {self.together:,} points that "
                f"are held at once ({self._most}): send it in several files",
                Fault.TOO_LARGE,
            )

    def check_lines(self, lines: int) -> None:
        """Check the lines of a text before they are looked at.

        Raises
        ------
        ReadError
            When they are far more than a spectrum may have points.
        """
        if lines > self.points * _LINES:
            raise ReadError(f"it has {lines:,} lines; {self._most}", Fault.TOO_LARGE)

    @property
    def _most(self) -> str:
        return f"a spectrum may have {self.points:,} points here" + (
            f" ({self.setting})" if self.setting else ""
        )


UNLIMITED = Limits()

"""What the tables of a VOTable promise to hold, compared with the document before room is made for it.

A parser allocates `nrows` rows of arrays of fixed `arraysize`: a small document may ask for any memory.
"""

from __future__ import annotations

import math
import re

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_EACH_BYTE = 8  # values that a byte of the document may stand for: bits are the smallest
_SPARE = 1_000_000
_CHARACTERS = 32  # of a cell of text: such cells are mostly filled in part
_LENGTHS = re.compile(r"[0-9]{1,18}(?:x[0-9]{1,18})*")
_MOST_DIGITS = 18


class Promised:
    """Counts the values that the tables of a document promise.

    Parameters
    ----------
    text
        The document.
    """

    def __init__(self, text: bytes) -> None:
        self._most = _EACH_BYTE * len(text) + _SPARE
        self._rows = text.count(b"<TR") + text.count(b":TR")
        self._width = 0

    def check(self, element: str, attributes: dict[str, str]) -> None:
        """Add what a TABLE or FIELD promises.

        Parameters
        ----------
        element
            Its name in capitals.
        attributes
            Its attributes.

        Raises
        ------
        ReadError
            When the document is far too small for it.
        """
        if element == "TABLE":
            self._width = 0
            rows = attributes.get("nrows", "").strip()
            if rows.isdecimal() and (len(rows) > _MOST_DIGITS or int(rows) > self._most):
                raise _too_many(rows)
            self._rows = max(self._rows, int(rows)) if rows.isdecimal() else self._rows
        else:
            self._width += _values(attributes)
        if self._width * max(self._rows, 1) > self._most:
            raise _too_many(f"{self._rows:,} rows of {self._width:,}")


def _values(attributes: dict[str, str]) -> int:
    """Return how many values room is made for in each row; arrays of variable length make their own."""
    size = attributes.get("arraysize", "").strip()
    if not size or not _LENGTHS.fullmatch(size):
        return 0 if size else 1
    count = math.prod(map(int, size.split("x")))
    return count // _CHARACTERS if attributes.get("datatype", "").endswith(("char", "Char")) else count


def _too_many(promised: str) -> ReadError:
    return ReadError(
        f"its table promises {promised[:60]} values, more than the document can hold", Fault.TOO_LARGE
    )

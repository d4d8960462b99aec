"""Progress from the lines that a training prints: epochs, steps, bars of tqdm and Keras."""

from __future__ import annotations

import re

_COUNTED = re.compile(
    r"\b(epoch|iteration|iter|step|round|fold)s?\b[^\d\n]{0,12}(\d{1,9})\s*(?:/|of)\s*(\d{1,9})",
    re.IGNORECASE,
)
_BAR = re.compile(r"(?:^|\s|\|)(\d{1,9})/(\d{1,9})\s*\[")
_OUTER = ("epoch", "fold", "round")
LONGEST = 4000


class PrintedProgress:
    """Finds progress in text as it is printed.

    Bars within an epoch are passed over once epochs were seen: they begin again with each.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._outer = ""
        self._last: tuple[int, int] | None = None

    def feed(self, text: str) -> tuple[int, int] | None:
        """Return the newest step and total of more text; None where it says nothing new.

        Parameters
        ----------
        text : str
            What was printed since.
        """
        lines = re.split(r"[\r\n]", self._rest + text)
        self._rest = lines.pop()[-LONGEST:]
        found = None
        for line in lines:
            found = self._line(line[:LONGEST]) or found
        if found is None or found == self._last:
            return None
        self._last = found
        return found

    def _line(self, line: str) -> tuple[int, int] | None:
        counted = _COUNTED.search(line)
        if counted:
            word = counted.group(1).lower()
            if word in _OUTER:
                self._outer = word
            if self._outer and word != self._outer:
                return None
            return _pair(counted.group(2), counted.group(3))
        bar = None if self._outer else _BAR.search(line)
        return _pair(bar.group(1), bar.group(2)) if bar else None


def _pair(step: str, total: str) -> tuple[int, int] | None:
    return (int(step), int(total)) if int(total) > 0 and int(step) <= int(total) else None

"""Text of others in terminals and logs: shown, never acted on."""

from __future__ import annotations

import logging
import re

#: Control characters (C0 without tab and line end, DEL, C1), separators of lines and paragraphs, and what
#: turns the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return a text without what a terminal acts on: of others, it may move the cursor or change the title.

    Line ends and tabs stay; any other control character is shown as its escape.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def printable_json(text: str) -> str:
    """Return JSON without what a terminal acts on: the same document, with these characters escaped."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class PrintableFormatter(logging.Formatter):
    """Writes records as another formatter does, without control characters.

    A line end of what was put into a message would begin a record that nobody made.

    Parameters
    ----------
    inner
        The other formatter.
    """

    def __init__(self, inner: logging.Formatter | None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        if record.args and "\n" not in str(record.msg):
            record.msg, record.args = record.getMessage().replace("\n", "\\n"), None
        return printable(self._inner.format(record))


def print_records_safely() -> None:
    """Write no control characters with any handler of the root logger."""
    last = [logging.lastResort] if logging.lastResort is not None else []
    for handler in [*logging.getLogger().handlers, *last]:
        if not isinstance(handler.formatter, PrintableFormatter):
            handler.setFormatter(PrintableFormatter(handler.formatter))

"""What others wrote does not act on a terminal, and makes no records of its own in a log."""

from __future__ import annotations

import io
import json
import logging

import pytest

from dashboard.cli.output import PlainConsole
from wire.printable import PrintableFormatter, printable, printable_json

HARMFUL = [
    "\x1b]0;title\x07",
    "\x1b[2J",
    "a\rb",
    "\x9b31m",
    "\x08",
    "\x7f",
    "\u202egnp",
    "\u2066x",
    "\u200fx",
    "\u2028x",
    "\x00",
]


@pytest.mark.parametrize("text", HARMFUL)
def test_what_a_terminal_acts_on_is_shown_as_text(text: str) -> None:
    shown = printable(text)
    assert "\\" in shown
    assert all(character.isprintable() for character in shown)
    document = printable_json(json.dumps({text: text}, ensure_ascii=False))
    assert json.loads(document) == {text: text}
    assert all(character.isprintable() for character in document)


def test_lines_tabs_and_letters_stay() -> None:
    assert printable("Hα\t6563 Å\nnext") == "Hα\t6563 Å\nnext"


@pytest.mark.parametrize("text", HARMFUL)
def test_the_console_of_the_commands_shows_texts_only(text: str) -> None:
    written = io.StringIO()
    PlainConsole(file=written, force_terminal=False).print(f"read {text}")
    assert all(character.isprintable() for character in written.getvalue().rstrip("\n"))


@pytest.mark.parametrize("text", [*HARMFUL, "x\n2026-11-29 ERROR forged"])
def test_a_record_is_one_line_and_harms_no_terminal(text: str) -> None:
    record = logging.LogRecord("a", logging.INFO, "", 1, "path %s", (text,), None)
    shown = PrintableFormatter(logging.Formatter("%(levelname)s %(message)s")).format(record)
    assert shown.startswith("INFO path ")
    assert all(character.isprintable() for character in shown)


def test_a_record_of_several_lines_keeps_them() -> None:
    try:
        raise ValueError("bad \x1b[2J name")
    except ValueError as error:
        exc_info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("a", logging.INFO, "", 1, "first\nsecond", None, exc_info)
    shown = PrintableFormatter(None).format(record)
    assert shown.startswith("first\nsecond\nTraceback")
    assert "\x1b" not in shown

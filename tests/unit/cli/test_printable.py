"""What others wrote does not act on the terminal."""

from __future__ import annotations

import pytest

from dashboard.cli.output import printable


@pytest.mark.parametrize(
    "text",
    ["\x1b]0;title\x07", "\x1b[2J", "a\rb", "\x9b31m", "\x08", "\x7f", "\u202egnp", "\u2066x", "\x00"],
)
def test_what_a_terminal_acts_on_is_shown_as_text(text: str) -> None:
    shown = printable(text)
    assert "\\" in shown
    assert all(character.isprintable() for character in shown)


def test_lines_tabs_and_letters_stay() -> None:
    assert printable("Hα\t6563 Å\nnext") == "Hα\t6563 Å\nnext"

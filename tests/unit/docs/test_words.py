"""The words that the glossary says to avoid are used nowhere: code, pages, messages, documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
SEARCHED = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks",
    "catalog",
    "ci",
    "dashboard",
    "deepaas_entry",
    "deepaas_plugins",
    "deploy",
    "docs",
    "jobfolder",
    "launchers",
    "modules",
    "spectra",
    "templates",
    "tests",
    "wire",
)
SUFFIXES = {".py", ".html", ".js", ".css", ".md", ".yaml", ".toml", ".sh", ".j2"}
ALLOWED = re.compile(
    r"docs/glossary\.md$"
    r"|docs/decisions/house\.md$"
    r"|dashboard/database/migrations/versions/\d{4}_"
    r"|tests/platform/test_database\.py$"  # it writes rows under the old names
    r"|tests/integration/old_homes/"  # it is run by the version before
    r"|tests/unit/docs/test_words\.py$"
)

BETWEEN = r"(?:[\s_-]+(?:[#*/]+\s*)?)"  # also a line break inside a comment, or the `_` of a name
MARKED = re.compile(r"`([^`]+)`|\"([^\"]+)\"")


@dataclass(frozen=True)
class Avoided:
    """A word to avoid, with the term to use instead."""

    word: str
    term: str
    pattern: re.Pattern[str]

    def may_be_in(self, lowered: str) -> bool:
        """Whether its parts occur in a text; finding parts is 20 times faster than the pattern."""
        return all(part in lowered for part in self.word.lower().split())


def phrase(text: str) -> re.Pattern[str]:
    """Match a phrase in prose and in names: case, line breaks, hyphens and underscores do not count."""
    words = BETWEEN.join(re.escape(word) for word in text.split())
    return re.compile(rf"(?<![A-Za-z]){words}(?![A-Za-z])", re.IGNORECASE)


def name(text: str) -> re.Pattern[str]:
    """Match a name exactly; a capitalised one also as part of a longer name."""
    return re.compile(re.escape(text) + (r"(?![a-z])" if text[-1].isalnum() else ""))


def rows() -> Iterator[list[str]]:
    for line in GLOSSARY.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and not set(line) <= set("|- ") and cells[0] not in ("term", "use"):
            yield cells


@cache
def avoided() -> tuple[Avoided, ...]:
    """Return what the last column of the glossary's tables lists."""
    return tuple(
        Avoided(exact or text, cells[0], name(exact) if exact else phrase(text))
        for cells in rows()
        for exact, text in MARKED.findall(cells[-1] if len(cells) in (2, 3) else "")
        if not (len(cells) == 2 and cells[-1] == cells[0])
    )


@cache
def allowed() -> tuple[re.Pattern[str], ...]:
    """Return the phrases of the section "Allowed"."""
    section = GLOSSARY.read_text("utf-8").split("## Allowed", 1)[1]
    return tuple(phrase(text) for _, text in MARKED.findall(section))


def files() -> Iterator[Path]:
    for place in SEARCHED:
        path = ROOT / place
        found = sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
        for file in found:
            relative = file.relative_to(ROOT).as_posix()
            if file.suffix in SUFFIXES and file.is_file() and not ALLOWED.search(relative):
                yield file


def findings(text: str) -> list[tuple[int, str, str]]:
    """Return line, word found and term to use for each avoided word of a text."""
    for pattern in allowed():
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    lowered = text.lower()
    return [
        (text.count("\n", 0, found.start()) + 1, found[0], one.term)
        for one in avoided()
        if one.may_be_in(lowered)
        for found in one.pattern.finditer(text)
    ]


def test_every_row_of_the_glossary_is_read() -> None:
    assert {len(cells) for cells in rows()} <= {2, 3}
    assert len(avoided()) > 60
    assert {"on the air", "Keeper", "nobody waits for", "by eye"} <= {one.word for one in avoided()}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("is on the\n    air", 1),
        ("# nobody\n# waits for", 1),
        ("held_back and held-back", 2),
        ("class Keeper: ...", 1),
        ("the gateway, Gateway, hairy", 0),
        ("connection refused", 0),
        ("it was refused", 1),
    ],
)
def test_words_are_found_where_they_are(text: str, count: int) -> None:
    assert len(findings(text)) == count


def test_no_avoided_word_is_used() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {' '.join(word.split())!r}: use {term}"
        for file in files()
        for line, word, term in findings(
            file.relative_to(ROOT).as_posix() + "\n" + file.read_text("utf-8", "replace")
        )
    ]
    assert found == []

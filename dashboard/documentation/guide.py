"""A guide: a file of Markdown in sections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it.token import Token

from dashboard.documentation.markdown import guide_tokens


@dataclass(frozen=True)
class Section:
    """A heading with the text below it.

    Attributes
    ----------
    anchor : str
        Its identifier in the page; empty: before the first heading.
    title : str
        The heading.
    level : int
        2 and more.
    text : str
        What stands there, as plain text in one line.
    """

    anchor: str
    title: str
    level: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it without its text."""
        return {"anchor": self.anchor, "title": self.title, "level": self.level}


@dataclass(frozen=True)
class Guide:
    """A file of ``docs/``.

    Attributes
    ----------
    name : str
        Its path there without ``.md``.
    title : str
        Its first heading.
    summary : str
        Its first sentences.
    text : str
        Markdown, without the first heading.
    sections : tuple of Section
        In their order.
    """

    name: str
    title: str
    summary: str
    text: str
    sections: tuple[Section, ...]

    @property
    def folder(self) -> str:
        """Where its relative links begin."""
        return self.name.rpartition("/")[0]

    @property
    def anchors(self) -> list[str]:
        """Identifiers of its headings, in their order."""
        return [one.anchor for one in self.sections if one.anchor]

    def to_json(self) -> dict[str, Any]:
        """Return it with its text."""
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "text": self.text,
            "sections": [one.to_json() for one in self.sections if one.anchor],
        }


def read_guide(name: str, markdown: str) -> Guide:
    """Return a guide in its sections.

    Parameters
    ----------
    name : str
        Its path without ``.md``.
    markdown : str
        The file.
    """
    head, _, text = markdown.partition("\n")
    if not head.startswith("# "):
        head, text = f"# {name}", markdown
    sections = tuple(_sections(guide_tokens(text)))
    return Guide(name, head[2:].strip(), _summary(sections), text.strip(), sections)


def _sections(tokens: list[Token]) -> Iterator[Section]:
    known: dict[str, int] = {}
    anchor, title, level, said = "", "", 1, list[str]()
    heading = False
    for token in tokens:
        if token.type == "heading_open":
            yield Section(anchor, title, level, " ".join(said))
            heading, level, said = True, int(token.tag[1]), []
        elif token.type == "heading_close":
            heading = False
        elif token.type == "inline":
            words = "".join(_plain(token))
            if heading:
                title, anchor = words, _anchor(words, known)
            else:
                said += words.split()
        elif token.type in {"fence", "code_block"}:
            said += token.content.split()
    yield Section(anchor, title, level, " ".join(said))


def _plain(token: Token) -> Iterator[str]:
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            yield " "
        else:
            yield child.content


def _anchor(title: str, known: dict[str, int]) -> str:
    """Return the identifier that code hosts give a heading, to which the guides' own links lead."""
    kept = "".join(sign for sign in title.lower() if sign.isalnum() or sign in " -_")
    name = kept.strip().replace(" ", "-")
    known[name] = known.get(name, -1) + 1
    return f"{name}-{known[name]}" if known[name] else name


def _summary(sections: tuple[Section, ...], longest: int = 160) -> str:
    text = next((one.text for one in sections if one.text), "")
    if len(text) <= longest:
        return text
    return text[:longest].rpartition(" ")[0] + " …"

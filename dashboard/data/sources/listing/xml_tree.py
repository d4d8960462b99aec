"""Small XML answers (WebDAV, S3) as elements without namespaces; declarations are not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from dashboard.data.sources.record import Fault, FetchError

DEEPEST = 40
MOST_ELEMENTS = 2_000_000


@dataclass
class Element:
    """An element: its local name, its text, and what is in it."""

    name: str
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Yield the elements of a name, at any depth."""
        for one in self.inside:
            if one.name == name:
                yield one
            yield from one.all(name)

    def first(self, name: str) -> str:
        """Return the text of the first element of a name; empty where there is none."""
        return next((one.text.strip() for one in self.all(name)), "")


def parse_xml(document: bytes) -> Element:
    """Return the root of a document.

    Parameters
    ----------
    document : bytes
        XML.

    Raises
    ------
    FetchError
        If it is none, declares a document type or entities, or is too deep or large.
    """
    root = Element("")
    opened = [root]
    count = 0

    def start(name: str, _given: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(opened) > DEEPEST or count > MOST_ELEMENTS:
            raise FetchError(Fault.TABLE, "its XML is too deep or too large")
        made = Element(name.rpartition("}")[2].rpartition(":")[2])
        opened[-1].inside.append(made)
        opened.append(made)

    def finish(_name: str) -> None:
        opened.pop()

    def text(characters: str) -> None:
        opened[-1].text += characters

    def declared(*_: object) -> None:
        raise FetchError(Fault.TABLE, "its XML declares a document type or entities, which is not read")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, finish
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = declared
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise FetchError(Fault.TABLE, f"it is no XML: {error}") from error
    return root

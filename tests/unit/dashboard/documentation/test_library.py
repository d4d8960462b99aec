"""Guides are found, read and linked."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.base.bundled import bundled
from dashboard.base.errors import NotFound
from dashboard.documentation.guide import read_guide
from dashboard.documentation.library import SHELVES, Library
from dashboard.documentation.markdown import PARSER, address_of, html_of


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(bundled("docs"))


def test_every_guide_is_on_one_shelf(library: Library) -> None:
    shelved = [guide.name for _, guides in library.shelves() for guide in guides]
    assert sorted(shelved) == sorted(library.guides)
    assert {name for _, names in SHELVES for name in names} <= library.guides.keys()


def test_every_link_between_guides_leads_to_a_section_that_is_there(library: Library) -> None:
    anchors = {guide.name: {*guide.anchors, ""} for guide in library.guides.values()}
    kinds = ("images", "monitoring")
    files = {f"/docs/{kind}/{path.name}" for kind in kinds for path in (library.folder / kind).iterdir()}
    wrong = []
    for guide in library.guides.values():
        for token in [child for one in PARSER.parse(guide.text) for child in one.children or ()]:
            link = str(token.attrGet("href") or token.attrGet("src") or "")
            address = address_of(link, guide.folder) if link else None
            if link.startswith("#"):
                address = f"/docs/{guide.name}{link}"
            if address is None or not address.startswith("/docs/") or address in files:
                continue
            name, _, anchor = address.removeprefix("/docs/").partition("#")
            if anchor not in anchors.get(name, ()):
                wrong.append(f"{guide.name}: {link}")
    assert wrong == []


@pytest.mark.parametrize(
    ("link", "folder", "address"),
    [
        ("hpc.md", "", "/docs/hpc"),
        ("decisions/house.md#cycles", "", "/docs/decisions/house#cycles"),
        ("../hpc.md", "decisions", "/docs/hpc"),
        ("images/a.png", "", "/docs/images/a.png"),
        ("../README.md", "", None),
        ("../../modules/rdf/README.md", "decisions", None),
        ("https://example.org/a.md", "", "https://example.org/a.md"),
        ("#below", "decisions", "#below"),
    ],
)
def test_links_of_files_become_links_of_pages(link: str, folder: str, address: str | None) -> None:
    assert address_of(link, folder) == address


def test_a_guide_has_sections_with_anchors_of_their_own() -> None:
    text = "# T\n\nFirst *words*.\n\n## A b, c!\n\none\n\n### A b, c!\n\n```\ncode\n```\n"
    guide = read_guide("t", text)
    assert (guide.title, guide.summary) == ("T", "First words.")
    assert [(one.anchor, one.level, one.text) for one in guide.sections] == [
        ("", 1, "First words."),
        ("a-b-c", 2, "one"),
        ("a-b-c-1", 3, "code"),
    ]
    shown = html_of(guide.text, anchors=guide.anchors, below=0)
    assert '<h2 id="a-b-c">' in shown
    assert '<h3 id="a-b-c-1">' in shown


def test_a_link_to_what_has_no_page_is_plain_text() -> None:
    shown = html_of("[the file](../LICENSE) and [a guide](hpc.md)", folder="")
    assert shown == '<p>the file and <a href="/docs/hpc">a guide</a></p>\n'


def test_headings_are_found_before_text_and_all_words_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n\nIt mentions tokens once.\n")
    (tmp_path / "b.md").write_text("# Two\n\nNothing.\n\n## Tokens of people\n\nThey expire.\n")
    library = Library(tmp_path)
    assert [one.address for one in library.search("TOKENS")] == ["/docs/b#tokens-of-people", "/docs/a"]
    assert [one.address for one in library.search("tokens expire")] == ["/docs/b#tokens-of-people"]
    assert library.search("tokens nowhere") == []
    assert library.search("  ") == []
    [found] = library.search("mentions")
    assert found.excerpt == "It mentions tokens once."


def test_comments_for_the_tests_are_not_shown() -> None:
    guide = read_guide("t", "# T\n\n<!-- tested -->\n\nWords <!-- here -->.\n")
    assert guide.summary == "Words ."
    assert "tested" not in html_of(guide.text, folder="")


def test_an_unknown_guide_is_not_found(library: Library) -> None:
    with pytest.raises(NotFound, match="no guide"):
        library.get("../pyproject")

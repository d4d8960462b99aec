"""Markdown as HTML: of guides, of modules' READMEs, of what people write."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

#: Raw HTML stays text, and ``javascript:`` addresses are no links.
PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
#: Of our own guides: their raw HTML, which is comments for the tests, is left out.
OF_GUIDES = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
RAW = frozenset({"html_block", "html_inline"})


def html_of(text: str, *, folder: str | None = None, anchors: Sequence[str] = (), below: int = 1) -> Markup:
    """Return Markdown as HTML.

    Parameters
    ----------
    text : str
        Markdown by anybody.
    folder : str, optional
        Folder of the guide below ``docs/``, to which its links are relative; None: links stay as they are.
    anchors : sequence of str
        Identifiers of the headings, in their order.
    below : int
        By how many levels headings are moved down: a README's title stands below the page's own.

    Returns
    -------
    Markup
        Escaped by the renderer.
    """
    tokens = PARSER.parse(text) if folder is None else guide_tokens(text)
    names = iter(anchors)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + below, 6)}"
            if token.type == "heading_open" and (name := next(names, "")):
                token.attrSet("id", name)
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")  # it scrolls where it is too wide
        elif token.children and folder is not None:
            _lead(token.children, folder)
    shown = PARSER.renderer.render(tokens, PARSER.options, {})
    shown = shown.replace("<pre><code", '<pre tabindex="0"><code')  # it scrolls, too
    return Markup(shown)  # noqa: S704 (the renderer escapes; html=False)


def guide_tokens(text: str) -> list[Token]:
    """Return a guide as tokens without raw HTML.

    Parameters
    ----------
    text : str
        Markdown.
    """
    tokens = [token for token in OF_GUIDES.parse(text) if token.type not in RAW]
    for token in tokens:
        if token.children:
            token.children = [child for child in token.children if child.type not in RAW]
    return tokens


def _lead(tokens: Sequence[Token], folder: str) -> None:
    """Make links between files of ``docs/`` links between pages; those to other files become plain text."""
    dropped: list[bool] = []  # of the links that are open
    for token in tokens:
        if token.type == "link_open":
            address = address_of(str(token.attrGet("href") or ""), folder)
            token.attrSet("href", address or "")
            token.hidden = address is None
            dropped.append(token.hidden)
        elif token.type == "link_close":
            token.hidden = dropped.pop()
        elif token.type == "image":
            token.attrSet("src", address_of(str(token.attrGet("src") or ""), folder) or "")
            token.attrSet("loading", "lazy")


def address_of(link: str, folder: str) -> str | None:
    """Return the address of what a guide links to.

    Parameters
    ----------
    link : str
        As the guide says it: relative to its folder, or absolute.
    folder : str
        Below ``docs/``; empty for guides of the first level.

    Returns
    -------
    str or None
        None where it is a file outside ``docs/``, which has no page.
    """
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or link.startswith(("/", "#")):
        return link
    path = posixpath.normpath(posixpath.join(folder, parts.path))
    if path.startswith(".."):
        return None
    path = path.removesuffix(".md")
    return f"/docs/{path}" + (f"#{parts.fragment}" if parts.fragment else "")

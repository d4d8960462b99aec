"""The links of an index page of a web server: nginx, Apache, Python's ``http.server`` and what is like them.

The address of a link counts, never its text, which servers cut, mark and escape in their own ways.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from dashboard.data.sources.listing.tree import Entry, Listing, is_odd

MOST_LINKS = 1_000_000
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
#: Behind a time, as nginx and Apache list it.
SIZE = re.compile(r"\d\d:\d\d(?::\d\d)?\s+(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\b")


class _Links(HTMLParser):
    """Collects the addresses of links, and the text behind each."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and len(self.found) < MOST_LINKS:
            href = dict(attrs).get("href")
            if href is not None:
                self.found.append((href.strip(), []))
                self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self.found and not self._inside and len(self.found[-1][1]) < 20:
            self.found[-1][1].append(data)


def listing_of(page: bytes, address: str) -> Listing:
    """Return what an index page lists.

    Parameters
    ----------
    page : bytes
        HTML.
    address : str
        Of the page after redirects: what it lists lies directly below.

    Returns
    -------
    Listing
        Without links to elsewhere: the parent, orders of the list, other hosts.
    """
    links = _Links()
    links.feed(page.decode("utf-8", "replace"))
    links.close()
    folder = address.partition("?")[0].partition("#")[0]
    folder = folder if folder.endswith("/") else folder.rpartition("/")[0] + "/"
    entries: dict[str, Entry] = {}
    odd = 0
    for href, behind in links.found:
        target = _below(href, folder)
        if target is None:
            continue
        name, is_folder = decoded(target.rstrip("/")), target.endswith("/")
        if is_odd(name):
            odd += 1
            continue
        size = None if is_folder else _size(" ".join(behind))
        entries.setdefault(folder + target, Entry(name, folder + target, is_folder, size))
    return Listing(folder, tuple(entries.values()), odd)


def _below(href: str, folder: str) -> str | None:
    """Return what stands behind the folder in a link's address; None if it lies elsewhere."""
    if not href or "?" in href:
        return None
    try:
        full = urljoin(folder, href.partition("#")[0])
        here, there = urlsplit(folder), urlsplit(full)
    except ValueError:
        return None
    same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    if not same or not there.path.startswith(here.path):
        return None
    rest = there.path[len(here.path) :]
    return rest if rest and "/" not in rest.rstrip("/") and rest.count("/") <= 1 else None


def decoded(text: str) -> str:
    """Return a part of a path without its escapes; bytes that are no UTF-8 are ISO 8859-1."""
    raw = unquote_to_bytes(text)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _size(behind: str) -> int | None:
    found = SIZE.search(behind)
    return int(float(found[1]) * UNITS[found[2]]) if found else None

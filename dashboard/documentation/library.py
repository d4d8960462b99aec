"""All guides, by what one wants to do, and a search in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dashboard.base.errors import NotFound
from dashboard.documentation.guide import Guide, Section, read_guide

#: What one wants to do, and the guides for it in the order in which to read them.
SHELVES: Final = (
    ("Call a model", ("deploying", "clients", "uncertainty")),
    ("Spectra and labels", ("formats", "sources", "labelling", "vo")),
    ("Train and judge", ("active_learning", "be_stars", "velocities", "disentangling", "accuracy")),
    ("Publish a module", ("publishing", "third-party", "deepaas-compatibility")),
    ("Run on a cluster", ("hpc", "reliability")),
    ("Administer a platform", ("operating", "settings", "quotas", "permissions", "security")),
    ("Look something up", ("glossary", "keyboard", "benchmarks")),
    ("Contribute", ("contracts", "dashboard", "roadmap")),
)
DECISIONS: Final = "Decisions"  # those of ``docs/decisions``, for contributors
EXCERPT: Final = 180  # letters
MOST_FOUND: Final = 40


@dataclass(frozen=True)
class Found:
    """A section that holds all words of a search.

    Attributes
    ----------
    guide : Guide
        Where it stands.
    section : Section
        The section.
    excerpt : str
        Its text about the first of the words.
    """

    guide: Guide
    section: Section
    excerpt: str

    @property
    def address(self) -> str:
        """Address of the section."""
        return f"/docs/{self.guide.name}" + (f"#{self.section.anchor}" if self.section.anchor else "")

    def to_json(self) -> dict[str, Any]:
        """Return what a list shows of it."""
        return {
            "guide": self.guide.title,
            "title": self.section.title or self.guide.title,
            "address": self.address,
            "excerpt": self.excerpt,
        }


class Library:
    """The guides of a folder, read once.

    Parameters
    ----------
    folder : Path
        With files of Markdown.
    """

    def __init__(self, folder: Path) -> None:
        paths = sorted(folder.rglob("*.md"))
        self.folder = folder
        self.guides = {
            name: read_guide(name, path.read_text(encoding="utf-8"))
            for path in paths
            for name in [path.relative_to(folder).as_posix().removesuffix(".md")]
        }

    def get(self, name: str) -> Guide:
        """Return a guide.

        Parameters
        ----------
        name : str
            Its path below the folder, without ``.md``.

        Raises
        ------
        NotFound
            If there is none.
        """
        try:
            return self.guides[name]
        except KeyError:
            raise NotFound(f"There is no guide {name}; /docs lists all of them.") from None

    def shelves(self) -> Iterator[tuple[str, list[Guide]]]:
        """Yield what one wants to do, with the guides for it."""
        for title, names in SHELVES:
            yield title, [self.guides[name] for name in names if name in self.guides]
        yield DECISIONS, [guide for name, guide in self.guides.items() if name.startswith("decisions/")]

    def search(self, words: str) -> list[Found]:
        """Return the sections that hold all words, the best first.

        Parameters
        ----------
        words : str
            Separated by spaces; beginnings and endings of words count, capitals do not.

        Returns
        -------
        list of Found
            At most `MOST_FOUND`.
        """
        asked = words.casefold().split()
        if not asked:
            return []
        ranked = []
        for guide in self.guides.values():
            title = guide.title.casefold()
            for section in guide.sections:
                score = _score(asked, title, section)
                if score:
                    ranked.append((-score, Found(guide, section, _excerpt(section.text, asked))))
        ranked.sort(key=lambda one: one[0])
        return [found for _, found in ranked[:MOST_FOUND]]


def _score(asked: list[str], title: str, section: Section) -> int:
    """Return how well a section fits: headings count more than text; 0 where a word is in neither."""
    heading, text = section.title.casefold(), section.text.casefold()
    total = 0
    for word in asked:
        score = 12 * (word in heading) + min(text.count(word), 5)
        if word in title:
            score += 12 if not section.anchor else 3
        if not score:
            return 0
        total += score
    return total


def _excerpt(text: str, asked: list[str]) -> str:
    folded = text.casefold()
    at = min((found for word in asked if (found := folded.find(word)) >= 0), default=0)
    begin = max(0, at - EXCERPT // 3)
    begin = text.find(" ", begin) + 1 if begin else 0
    part = text[begin : begin + EXCERPT]
    cut = begin + EXCERPT < len(text)
    return ("… " if begin else "") + (part.rpartition(" ")[0] + " …" if cut else part)

"""Free text and facets over a few hundred modules, in memory."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.module import Module

#: How much a word counts by where it stands.
WEIGHTS = {
    "name": 10.0,
    "title": 8.0,
    "tags": 5.0,
    "kind": 4.0,
    "summary": 3.0,
    "description": 1.0,
    "normalisation": 1.0,
    "citation": 1.0,
}

#: A word of which only the beginning was typed counts so much of the whole one.
PREFIX = 0.6

#: Facets whose values are listed and counted; ``wavelength`` is a range instead.
FACETS = ("task", "library", "category", "data-type", "tag", "frame", "instrument", "trainable")
WAVELENGTH = "wavelength"

_WORD = re.compile(r"[^\W_]+")
_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}
# H alpha, H-alpha and Halpha are Hα.
_LINE = re.compile(rf"(?<![^\W_])([a-z]{{1,2}})[ -]?({'|'.join(_GREEK)})(?![^\W_])")


@dataclass(frozen=True)
class SearchResult:
    """What was found.

    Attributes
    ----------
    modules : list of Module
        Best first; without a text in the order of their titles.
    facets : mapping of str to mapping of str to int
        Facet, value and how many modules there would be with that value chosen in addition to the text and
        the other facets; the most frequent first. Values chosen stay listed, with 0 if nothing is left.
    """

    modules: list[Module]
    facets: Mapping[str, Mapping[str, int]]


def words(text: str) -> list[str]:
    """Split into words without case and accents, lines in one spelling ("Škoda’s H-alpha" → skoda, s, hα)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORD.findall(_LINE.sub(lambda found: found[1] + _GREEK[found[2]], bare))


def values(module: Module, facet: str) -> tuple[str, ...]:
    """Return what a module has of a facet."""
    spectral = module.spectral
    found: Mapping[str, tuple[str, ...]] = {
        "task": module.tasks,
        "library": module.libraries,
        "category": module.categories,
        "data-type": module.data_types,
        "tag": module.tags,
        "frame": ("vacuum", "air") if spectral.frame == "any" else (spectral.frame,),
        "instrument": spectral.instruments,
        "trainable": ("yes",) if module.trainable else ("no",),
    }
    return found[facet]


def parse_range(text: str) -> tuple[float, float]:
    """Read ``6500-6800``, ``6500-`` or ``-6800`` (Å).

    Raises
    ------
    ValueError
        If it is none of these.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)?\s*[-–]\s*(\d+(?:\.\d*)?)?\s*", text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a range of wavelengths in Å such as 6500-6800")
    low, high = match.groups()
    return float(low or 0), float(high or math.inf)


class Index:
    """An index over some modules; they do not change under it."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._modules = sorted(modules, key=lambda module: (module.title.casefold(), module.name))
        self._scores: dict[str, dict[int, float]] = {}  # word: module's number: weight
        for number, module in enumerate(self._modules):
            for where, text in _texts(module).items():
                for word in set(words(text)):
                    found = self._scores.setdefault(word, {})
                    found[number] = max(found.get(number, 0.0), WEIGHTS[where])
        self._words = sorted(self._scores)

    def search(self, text: str, facets: Mapping[str, Sequence[str]]) -> SearchResult:
        """Find the modules that have every word of `text` (or one that begins so) and the facets.

        Parameters
        ----------
        text : str
            Words; empty: all modules.
        facets : mapping of str to sequence of str
            Within one facet any of the values, between facets all of them. `WAVELENGTH` takes ranges in Å
            that must overlap the module's; a module without a range of its own takes any.

        Raises
        ------
        ValueError
            If there is no such facet, or a range is none.
        """
        for facet in facets:
            if facet not in (*FACETS, WAVELENGTH):
                raise ValueError(f"there is no facet {facet!r}; there are {', '.join((*FACETS, WAVELENGTH))}")
        ranges = [parse_range(text) for text in facets.get(WAVELENGTH, ())]
        ranked = [self._modules[number] for number in self._rank(words(text))]
        overlapping = [module for module in ranked if not ranges or _overlaps(module, ranges)]
        chosen = {facet: set(facets.get(facet, ())) for facet in FACETS}
        misses = [[f for f in FACETS if not _has(module, f, chosen[f])] for module in overlapping]
        counts = {}
        for facet in FACETS:
            counter: Counter[str] = Counter(dict.fromkeys(sorted(chosen[facet]), 0))
            for module, missed in zip(overlapping, misses, strict=True):
                if not missed or missed == [facet]:
                    counter.update(values(module, facet))
            counts[facet] = dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
        return SearchResult([m for m, missed in zip(overlapping, misses, strict=True) if not missed], counts)

    def _rank(self, asked: Sequence[str]) -> list[int]:
        total = dict.fromkeys(range(len(self._modules)), 0.0)
        for word in asked:
            found = self._match(word)
            rarity = math.log(1 + len(self._modules) / max(len(found), 1))
            total = {
                number: score + rarity * found[number] for number, score in total.items() if number in found
            }
        return sorted(total, key=lambda number: (-total[number], number))

    def _match(self, asked: str) -> dict[int, float]:
        best: dict[int, float] = {}
        for place in range(bisect_left(self._words, asked), len(self._words)):
            word = self._words[place]
            if not word.startswith(asked):
                break
            factor = 1.0 if word == asked else PREFIX
            for number, weight in self._scores[word].items():
                best[number] = max(best.get(number, 0.0), factor * weight)
        return best


def _texts(module: Module) -> dict[str, str]:
    kind = (*module.tasks, *module.libraries, *module.data_types, *module.spectral.instruments)
    return {
        "name": module.name,
        "title": module.title,
        "tags": " ".join(module.tags),
        "kind": " ".join(kind),
        "summary": module.summary,
        "description": module.description,
        "normalisation": module.spectral.normalisation or "",
        "citation": module.citation,
    }


def _has(module: Module, facet: str, chosen: set[str]) -> bool:
    return not chosen or not chosen.isdisjoint(values(module, facet))


def _overlaps(module: Module, ranges: Sequence[tuple[float, float]]) -> bool:
    own = module.spectral.wavelength
    return own is None or any(low <= own[1] and own[0] <= high for low, high in ranges)

"""Which spectra show the same object, and training and test parts in which no object is in both."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random

from dashboard.data.dataset import SpectrumRow
from spectra.reading.archive import SEPARATOR

SAME_PLACE_DEG = 3.0 / 3600.0


class _Groups:
    """Disjoint sets of numbers (union by path halving)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        self._parent[self.find(one)] = self.find(other)


def objects_of(spectra: Sequence[SpectrumRow], contents: Mapping[str, str]) -> list[list[int]]:
    """Return which spectra show the same object.

    Spectra belong together that name the same object, lie within 3″ of one another, or are of files with the
    same content; where no object is named, also those of the same name.

    Parameters
    ----------
    spectra : sequence of SpectrumRow
        All that are to be told apart.
    contents : mapping
        Path of a file to the hash of its content.

    Returns
    -------
    list of list of int
        Numbers in `spectra`, by object, in the order of the first of each.
    """
    groups, first = _Groups(len(spectra)), dict[tuple[object, ...], int]()
    for place, one in enumerate(spectra):
        keys: list[tuple[object, ...]] = [("object", one.group) if one.group else ("name", one.name)]
        file, _, member = one.path.partition(SEPARATOR)
        if content := contents.get(file):
            keys.append(("content", content, member, one.hdu, one.row))
        for key in keys:
            groups.join(place, first.setdefault(key, place))
    _join_neighbours(spectra, groups)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(len(spectra)):
        found[groups.find(place)].append(place)
    return sorted(found.values())


def _join_neighbours(spectra: Sequence[SpectrumRow], groups: _Groups) -> None:
    """Join what lies within 3″: in the order of declination only neighbours have to be compared."""
    there = [
        (one.dec, one.ra, place)
        for place, one in enumerate(spectra)
        if one.ra is not None and one.dec is not None
    ]
    there.sort()
    start = 0
    for number, (dec, ra, place) in enumerate(there):
        while there[start][0] < dec - SAME_PLACE_DEG:
            start += 1
        for other_dec, other_ra, other in there[start:number]:
            if _distance_deg(ra, dec, other_ra, other_dec) <= SAME_PLACE_DEG:
                groups.join(place, other)


def _distance_deg(ra: float, dec: float, other_ra: float, other_dec: float) -> float:
    """Return the angle between two positions, in degrees (haversine)."""
    half_dec, half_ra = math.radians(dec - other_dec) / 2, math.radians(ra - other_ra) / 2
    cosines = math.cos(math.radians(dec)) * math.cos(math.radians(other_dec))
    chord = math.sin(half_dec) ** 2 + cosines * math.sin(half_ra) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(chord))))


def split_objects(
    spectra: Sequence[SpectrumRow], objects: Sequence[Sequence[int]], share: float, seed: int
) -> tuple[list[int], list[int]]:
    """Return a training and a test part: all spectra of an object are in one of them.

    Parameters
    ----------
    spectra : sequence of SpectrumRow
        All.
    objects : sequence of sequence of int
        As `objects_of` returns them.
    share : float
        Of the objects of each class that go into the test part, at least one of two or more.
    seed : int
        Of the choice.

    Returns
    -------
    training, test : list of int
        Numbers in `spectra`, ascending.
    """
    by_class: defaultdict[str, list[Sequence[int]]] = defaultdict(list)
    for one in objects:
        by_class[Counter(spectra[place].label or "" for place in one).most_common(1)[0][0]].append(one)
    chance = Random(seed)  # noqa: S311 - no secret
    training, test = list[int](), list[int]()
    for label in sorted(by_class):
        mine = by_class[label]
        chance.shuffle(mine)
        count = min(max(round(share * len(mine)), 1), len(mine) - 1) if len(mine) > 1 else 0
        test += [place for one in mine[:count] for place in one]
        training += [place for one in mine[count:] for place in one]
    return sorted(training), sorted(test)

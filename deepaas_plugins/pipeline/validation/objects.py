"""Which spectra are of one object, by the best evidence that there is of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from deepaas_plugins.pipeline.validation.designations import designation, designation_in, stated_position
from deepaas_plugins.pipeline.validation.near_duplicates import near_duplicates
from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

#: Positions nearer to each other than this (arcseconds) are of one object.
RADIUS = 3.0
#: Evidence of an object, the weakest first; a row's number into it says how its object is known.
EVIDENCE = ("none", "flux", "position", "designation", "group")
_NONE, _FLUX, _POSITION, _DESIGNATION, _GROUP = range(len(EVIDENCE))


@dataclass(frozen=True)
class Objects:
    """The objects of some rows of a feature set.

    Attributes
    ----------
    members
        Object number of each row, shape (rows,), int64.
    evidence
        How each row's object is known: number into `EVIDENCE`, shape (rows,), int64.
    suspected
        Pairs of rows that look like one spectrum though nothing else says that they are of one object, shape
        (pairs, 2), int64. Where the object of one of them is known by its flux alone, they share an object.
    """

    members: IntArray
    evidence: IntArray
    suspected: IntArray

    @property
    def count(self) -> int:
        """Return the number of different objects."""
        return len(np.unique(self.members))

    @property
    def known(self) -> bool:
        """Whether a group is given, or some rows share an object."""
        return bool((self.evidence == _GROUP).any()) or self.count < len(self.members)


def resolve(features: FeatureSet, rows: IntArray, matrix: npt.NDArray[np.float32]) -> Objects:
    """Find the objects of rows: by group, else designation, else position, else equal or nearly equal flux.

    Weaker evidence joins a row whose object no stronger evidence tells to any other; it never joins two rows
    that both have stronger evidence. So spectra of two groups stay two objects wherever they were taken.

    Parameters
    ----------
    features : FeatureSet
        Tells groups, names, files and positions.
    rows : ndarray
        Row numbers of the feature set, shape (rows,), int64.
    matrix : ndarray
        Their features, shape (rows, columns), float32.

    Returns
    -------
    Objects
        Objects are numbered from 0 by the text order of their groups, so that a seed splits a set as ever.
    """
    groups, names, paths = features.groups(), features.names(), features.paths()
    told = [groups[row] for row in rows]
    stated = [
        designation_in(names[row]) or designation_in(_stem(paths[row])) if group is None else None
        for row, group in zip(rows, told, strict=True)
    ]
    texts = [group if group is not None else name for group, name in zip(told, stated, strict=True)]
    keys, evidence = _keys(told, stated)
    pairs = [_same(keys)]
    by_name, by_header = _positions(texts, features.positions(), rows)
    evidence[(evidence == _NONE) & np.isfinite(by_header[:, 0])] = _POSITION
    # A position that a designation states is that designation in another spelling: it joins groups too.
    pairs.append(_neighbours(by_name))
    pairs.append(_allowed(_neighbours(by_header), evidence, _POSITION))
    members = _components(np.concatenate(pairs), len(rows))
    alike = near_duplicates(matrix)
    suspected = alike[members[alike[:, 0]] != members[alike[:, 1]]]
    joined = _allowed(suspected, evidence, _FLUX)
    lone = np.unique(joined)
    evidence[lone[evidence[lone] == _NONE]] = _FLUX
    members = _components(np.concatenate([*pairs, joined]), len(rows))
    return Objects(_by_name(members, told), evidence, suspected)


def _stem(path: str) -> str:
    return PurePosixPath(path.rpartition("!/")[2]).name


def _keys(groups: list[str | None], stated: list[str | None]) -> tuple[list[str | None], IntArray]:
    """Return the name of each row's object in one spelling, None where it has none, and what told it."""
    keys: list[str | None] = []
    evidence = np.full(len(groups), _NONE, dtype=np.int64)
    for row, (group, name) in enumerate(zip(groups, stated, strict=True)):
        if group is not None:
            keys.append(designation(group) or f"group {group}")
            evidence[row] = _GROUP
        else:
            keys.append(name)
            evidence[row] = _NONE if name is None else _DESIGNATION
    return keys, evidence


def _same(keys: list[str | None]) -> IntArray:
    """Return pairs that connect the rows of each key, shape (pairs, 2)."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(key, row), row) for row, key in enumerate(keys) if key is not None]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _positions(
    texts: list[str | None], given: FloatArray | None, rows: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the positions that designations state and those of any source, each shape (rows, 2), degrees."""
    by_name = np.full((len(rows), 2), np.nan)
    for row, text in enumerate(texts):
        if text is not None and (place := stated_position(text)):
            by_name[row] = place
    if given is None:
        return by_name, by_name
    header = given[rows]
    # Headers without a position often hold two zeros.
    header = np.where((header == 0.0).all(axis=1, keepdims=True), np.nan, header)
    return by_name, np.where(np.isfinite(header).all(axis=1, keepdims=True), header, by_name)


def _neighbours(positions: FloatArray) -> IntArray:
    """Return pairs of rows nearer than `RADIUS`; many rows at one position give one pair each."""
    rows = np.flatnonzero(np.isfinite(positions).all(axis=1))
    if len(rows) < 2:
        return np.empty((0, 2), dtype=np.int64)
    places, first, place_of = np.unique(positions[rows], axis=0, return_index=True, return_inverse=True)
    same = np.stack([rows[first[place_of.reshape(-1)]], rows], axis=1)
    ra, dec = np.radians(places).T
    vectors = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    chord = 2 * np.sin(np.radians(RADIUS / 3600) / 2)
    near = cKDTree(vectors).query_pairs(chord, output_type="ndarray")
    return np.concatenate([same, rows[first[near]].reshape(-1, 2)])


def _allowed(pairs: IntArray, evidence: IntArray, level: int) -> IntArray:
    """Return the pairs of which one row has no better evidence than that of the level."""
    return pairs[(evidence[pairs] <= level).any(axis=1)]


def _components(pairs: IntArray, rows: int) -> IntArray:
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(rows, rows))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _by_name(components: IntArray, groups: list[str | None]) -> IntArray:
    names = [f"g:{group}" if group is not None else f"r:{row}" for row, group in enumerate(groups)]
    least: dict[int, str] = {}
    for component, name in zip(components.tolist(), names, strict=True):
        least[component] = min(name, least.get(component, name))
    numbers = {component: number for number, component in enumerate(sorted(least, key=least.__getitem__))}
    return np.array([numbers[component] for component in components.tolist()], dtype=np.int64)

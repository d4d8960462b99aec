"""How good a space or a plane is: precision among neighbours, neighbours kept, agreement of two layouts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.unsupervised.frame import Matrix
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex

IntArray = npt.NDArray[np.int64]

#: Neighbours that count, and how many are looked at so that those of one object can be left out.
NEAREST, LOOKED_AT = 10, 40


def neighbours(vectors: Matrix, count: int) -> IntArray:
    """Return the nearest others of each row, shape (rows, count), at most as many as there are.

    Parameters
    ----------
    vectors : ndarray
        Shape (rows, dimensions), float32.
    count : int
        How many; fewer where there are fewer rows.

    Returns
    -------
    ndarray
        Row numbers, the nearest first, shape (rows, count).
    """
    return NeighbourIndex(vectors).among_themselves(min(count, len(vectors) - 1)).row


def precision(
    nearest: IntArray, labels: Sequence[str | None], groups: Sequence[str | None]
) -> tuple[float, float] | None:
    """Return how many of the ten nearest are of a row's own class, and how many would be by chance.

    Spectra of one object are no neighbours of each other: they would be near whatever the space.

    Parameters
    ----------
    nearest : ndarray
        Neighbours of each row, the nearest first, shape (rows, `LOOKED_AT`).
    labels, groups : sequence
        Class and object of each row, None where unknown.

    Returns
    -------
    tuple of float or None
        Means over the labelled rows, each of its labelled neighbours; None with fewer than two classes.
    """
    numbers: dict[str, int] = {}
    label = np.array([-1 if each is None else numbers.setdefault(each, len(numbers)) for each in labels])
    if len(numbers) < 2:
        return None
    known: dict[str, int] = {}
    group = np.array(
        [-1 - row if each is None else known.setdefault(each, len(known)) for row, each in enumerate(groups)]
    )
    asked = np.flatnonzero(label >= 0)
    usable = (label[nearest[asked]] >= 0) & (group[nearest[asked]] != group[asked, None])
    counted = usable & (np.cumsum(usable, axis=1) <= NEAREST)
    same = counted & (label[nearest[asked]] == label[asked, None])
    some = counted.any(axis=1)
    if not some.any():
        return None
    share = same.sum(axis=1)[some] / counted.sum(axis=1)[some]
    return float(share.mean()), _chance(label[asked], group[asked])


def _chance(label: IntArray, group: IntArray) -> float:
    """Return the share of a row's class among the labelled rows of other objects, on average."""
    of_class = np.bincount(label)
    _, member = np.unique(group, return_inverse=True)
    of_object = np.bincount(member)
    both, place = np.unique(member * len(of_class) + label, return_inverse=True)
    of_both = np.bincount(place, minlength=len(both))
    others = np.maximum(len(label) - of_object[member], 1)
    return float(np.mean((of_class[label] - of_both[place]) / others))


def kept(nearest: IntArray, among: IntArray) -> float:
    """Return the share of neighbours that two searches have in common.

    Parameters
    ----------
    nearest, among : ndarray
        Neighbours of the same rows, shape (rows, k) each.

    Returns
    -------
    float
        0 to 1; of the first ten of each.
    """
    one, other = nearest[:, :NEAREST], among[:, :NEAREST]
    return float((one[:, :, None] == other[:, None, :]).any(axis=2).mean())


def disparity(one: Matrix, other: Matrix) -> float:
    """Return how unlike two layouts are after the best shift, turn, reflection and scale.

    Parameters
    ----------
    one, other : ndarray
        The same rows, shape (rows, 2) each.

    Returns
    -------
    float
        Share of the variance that does not fit: 0 the same, 1 nothing in common (Procrustes, Gower 1975).
    """
    first, second = (each.astype(np.float64) - each.mean(axis=0) for each in (one, other))
    first, second = (each / max(float(np.linalg.norm(each)), 1e-12) for each in (first, second))
    singular = np.linalg.svd(first.T @ second, compute_uv=False)
    return float(max(0.0, 1.0 - singular.sum() ** 2))

"""A batch whose spectra differ from each other, chosen among more rows than it holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Principal axes in which distances are measured.
AXES = 16


def embedding(matrix: npt.NDArray[np.float32], axes: int = AXES) -> FloatArray:
    """Return rows in their own principal axes.

    Parameters
    ----------
    matrix : ndarray
        Shape (rows, columns); a few thousand rows.
    axes : int
        At most so many.

    Returns
    -------
    ndarray
        Shape (rows, ≤ axes).
    """
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    if min(centred.shape) <= 1:
        return np.asarray(centred)
    if len(centred) < centred.shape[1]:  # the eigenvectors of the smaller product give the same axes
        values, vectors = np.linalg.eigh(centred @ centred.T)
        best = np.argsort(-values)[:axes]
        return np.asarray(vectors[:, best] * np.sqrt(np.maximum(values[best], 0.0)), dtype=np.float64)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ vectors[:, np.argsort(-values)[:axes]], dtype=np.float64)


def plus_plus(
    points: FloatArray,
    weights: FloatArray,
    count: int,
    rng: np.random.Generator,
    known: FloatArray | None = None,
) -> IntArray:
    """Choose points as k-means++ chooses centres (Arthur & Vassilvitskii 2007), each by its weight, too.

    Parameters
    ----------
    points : ndarray
        Shape (rows, axes).
    weights : ndarray
        How much each row is wanted, shape (rows,), not negative.
    count : int
        How many to choose; all where there are fewer.
    rng : numpy.random.Generator
        Of the choice.
    known : ndarray or None
        Centres that there are already, such as labelled rows, shape (n, axes): what is like them is seldom
        chosen. None: the first centre is the row of the highest weight.

    Returns
    -------
    ndarray
        Row numbers in the order of the choice, shape (≤ count,).
    """
    if len(points) <= count:
        return np.arange(len(points))
    chosen: list[int] = []
    free = np.ones(len(points), dtype=bool)
    if known is None or not len(known):
        chosen.append(int(np.argmax(weights)))
        free[chosen[0]] = False
        distances = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    else:
        distances = nearest(points, known)
    while len(chosen) < count:
        chances = np.where(free, weights * distances, 0.0)
        if chances.sum() <= 0:  # the rest are copies, or of no weight
            chances = free.astype(np.float64)
        row = int(rng.choice(len(points), p=chances / chances.sum()))
        chosen.append(row)
        free[row] = False
        distances = np.minimum(distances, ((points - points[row]) ** 2).sum(axis=1))
    return np.array(chosen)


def core_set(points: FloatArray, known: FloatArray, count: int) -> IntArray:
    """Choose points greedily, each the farthest from those before and from known ones.

    This is the greedy core-set of Sener & Savarese (2018).

    Parameters
    ----------
    points : ndarray
        Shape (rows, axes), the most wanted first: it is the first to be chosen where nothing is known.
    known : ndarray
        Points that are labelled already, shape (n, axes).
    count : int
        How many to choose; all where there are fewer.

    Returns
    -------
    ndarray
        Row numbers in the order of the choice, shape (≤ count,).
    """
    if len(points) <= count:
        return np.arange(len(points))
    distances = nearest(points, known)
    chosen: list[int] = []
    for _ in range(count):
        row = int(np.argmax(distances))
        chosen.append(row)
        distances = np.minimum(distances, ((points - points[row]) ** 2).sum(axis=1))
        distances[row] = -1.0
    return np.array(chosen)


def nearest(points: FloatArray, known: FloatArray) -> FloatArray:
    """Return the squared distance of each point to the nearest of others.

    Parameters
    ----------
    points, known : ndarray
        Shapes (rows, axes) and (n, axes).

    Returns
    -------
    ndarray
        Shape (rows,); infinite where there are no others.
    """
    distances = np.full(len(points), np.inf)
    for one in known:
        distances = np.minimum(distances, ((points - one) ** 2).sum(axis=1))
    return distances

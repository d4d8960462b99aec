"""Splits into training and test rows: by object where objects are known, stratified by class."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from deepaas_plugins.contract.errors import InvalidInput

IntArray = npt.NDArray[np.int64]
Split = tuple[IntArray, IntArray]


def folds(count: int, target: IntArray | None, members: IntArray | None, rows: int, seed: int) -> list[Split]:
    """Split rows into folds.

    Parameters
    ----------
    count
        How many.
    target
        Class number of each row, shape (rows,), or None for regression.
    members
        Object number of each row (`objects.resolve`), or None.

    Returns
    -------
    For every fold the rows that train and the rows that judge.

    Raises
    ------
    InvalidInput
        There are fewer spectra, objects, or members of the largest class than folds.
    """
    _check(count, target, members, rows)
    order = np.zeros(rows)
    if members is None:
        if target is None:
            return list(KFold(count, shuffle=True, random_state=seed).split(order))
        return _stratified(StratifiedKFold(count, shuffle=True, random_state=seed), order, target, None)
    if target is None:
        return list(GroupKFold(count, shuffle=True, random_state=seed).split(order, groups=members))
    return _stratified(StratifiedGroupKFold(count, shuffle=True, random_state=seed), order, target, members)


def _stratified(
    splitter: StratifiedKFold | StratifiedGroupKFold,
    order: npt.NDArray[np.float64],
    target: IntArray,
    members: IntArray | None,
) -> list[Split]:
    with warnings.catch_warnings():
        # A class with fewer members than folds is missing from some folds.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return list(splitter.split(order, target, members))


def _check(count: int, target: IntArray | None, members: IntArray | None, rows: int) -> None:
    if rows < count:
        raise InvalidInput(
            f"{rows} labelled spectra are fewer than the {count} folds: use fewer folds or more spectra."
        )
    if members is not None and (different := len(np.unique(members))) < count:
        raise InvalidInput(
            f"{different} different objects are fewer than the {count} folds: use fewer folds, or name the "
            "object of each spectrum in a column group of the manifest."
        )
    if target is not None and (largest := int(np.bincount(target).max())) < count:
        raise InvalidInput(
            f"The largest class has {largest} spectra, fewer than the {count} folds: use fewer folds."
        )


def hold_back(
    fraction: float, target: IntArray | None, members: IntArray | None, rows: int, seed: int
) -> Split:
    """Hold out about `fraction` of the rows as a test set, by object and stratified by class.

    Raises
    ------
    InvalidInput
        Too few spectra for that.
    """
    if fraction == 0.0:
        return np.arange(rows), np.arange(0)
    # So many folds, some of them taken: 0.25 is one of 4, 0.4 two of 5.
    count, taken = min(
        ((count, round(fraction * count)) for count in range(2, 11) if 0 < round(fraction * count) < count),
        key=lambda pair: (abs(pair[1] / pair[0] - fraction), pair[0]),
    )
    tests = [test for _, test in folds(count, target, members, rows, seed)[:taken]]
    held = np.sort(np.concatenate(tests))
    return np.setdiff1d(np.arange(rows), held), held

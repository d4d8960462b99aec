"""Grows forests in blocks of trees, between which progress is reported and a stop is obeyed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.utils.parallel import Parallel, delayed

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf.parameters import BOOSTED, CRITERIA
from deepaas_plugins.methods.rdf.trees.boosting import Boosting, new_boosting
from deepaas_plugins.pipeline.processors import processors

#: One of `FOREST_TYPES` (scikit-learn has no types that a checker could read), or a `Boosting`.
Forest: TypeAlias = Any
Matrix = npt.NDArray[np.float32]
FOREST_TYPES = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)

_KINDS: dict[tuple[str, str], Forest] = {
    ("classification", "random_forest"): RandomForestClassifier,
    ("classification", "extra_trees"): ExtraTreesClassifier,
    ("regression", "random_forest"): RandomForestRegressor,
    ("regression", "extra_trees"): ExtraTreesRegressor,
}

#: Blocks of a forest: many enough for a smooth progress bar, few enough to keep all threads busy.
BLOCKS = 25


def new_forest(params: dict[str, Any], scale: npt.NDArray[np.float64] | None = None) -> Forest:
    """Return an empty forest with the parameters of `TrainSchema`.

    Parameters
    ----------
    params
        Of `TrainSchema`.
    scale
        Scale of ordinal classes, which boosting learns.

    Raises
    ------
    InvalidInput
        The criterion is one of the other task, or of no boosting.
    """
    threads = params["threads"] or processors()
    if params["variant"] == BOOSTED:
        if params["criterion"] != "auto":
            raise InvalidInput("Parameter criterion is of forests: gradient boosting has its own, use auto.")
        return new_boosting(params, threads, scale)
    task = "regression" if params["task"] == "regression" else "classification"
    criterion = params["criterion"]
    if criterion == "auto":
        criterion = CRITERIA[task][0]
    if criterion not in CRITERIA[task]:
        raise InvalidInput(
            f"Parameter criterion = {criterion!r} is none of {task}: use {', '.join(CRITERIA[task])} or auto."
        )
    limits = {"all": 1.0, "fraction": params["feature_fraction"]}
    options: dict[str, Any] = {
        "criterion": criterion,
        "max_features": limits.get(params["max_features"], params["max_features"]),
        "max_depth": params["max_depth"],
        "min_samples_split": params["min_samples_split"],
        "min_samples_leaf": params["min_samples_leaf"],
        "bootstrap": params["bootstrap"],
        "random_state": params["seed"],
        "n_jobs": threads,
        "warm_start": True,
    }
    if task == "classification" and params["class_weight"] in ("balanced", "balanced_subsample"):
        options["class_weight"] = params["class_weight"]
        if not params["bootstrap"] and params["class_weight"] == "balanced_subsample":
            options["class_weight"] = "balanced"
    return _KINDS[task, params["variant"]](**options)


def grow(
    forest: Forest,
    matrix: Matrix,
    target: npt.NDArray[Any],
    trees: int,
    *,
    weights: npt.NDArray[np.float64] | None = None,
    run: Run,
    after: Callable[[int], None],
    judged: bool = True,
) -> None:
    """Grow so many trees more; the same trees, whatever the blocks.

    Parameters
    ----------
    matrix, target
        Shapes (rows, n) and (rows,).
    weights
        Of the rows, shape (rows,), or None.
    after
        Called with the number of trees after each block.
    judged
        Whether the out-of-bag score says anything: not of rows that are made of each other.

    Raises
    ------
    Cancelled
        The run was asked to stop.
    """
    block = max(1, forest.n_jobs, trees // BLOCKS)
    grown, there = 0, len(getattr(forest, "estimators_", ()))
    with warnings.catch_warnings():
        # Every block gets the same rows, so weights counted from them are the same for all.
        warnings.filterwarnings("ignore", 'class_weight presets "balanced"', UserWarning)
        while grown < trees:
            run.stop_if_cancelled()
            grown = min(trees, grown + block)
            forest.set_params(n_estimators=there + grown)
            if grown == trees and forest.bootstrap and judged and not there:
                # Costs a pass over all trees: once, not after every block. Which spectra were left out of the
                # bags of a start model is not known.
                forest.set_params(oob_score=True)
            _fit(forest, matrix, target, weights)
            after(grown)


def grown_forest(
    matrix: Matrix,
    target: npt.NDArray[Any],
    weights: npt.NDArray[np.float64] | None,
    params: dict[str, Any],
    *,
    run: Run,
    start: Forest | None = None,
    scale: npt.NDArray[np.float64] | None = None,
    width: float | None = None,
) -> Forest:
    """Make a forest of the parameters and grow it, with progress in the phase "train".

    Parameters
    ----------
    matrix, target, weights
        As in `grow`.
    params
        Of `TrainSchema`.
    run
        Takes progress.
    start
        A forest to which the trees are added, or None.
    scale, width
        Scale of ordinal classes, and of what width boosting's answers are.

    Raises
    ------
    InvalidInput, Cancelled
        As `new_forest` and `grow` do.
    """
    forest, trees = new_forest(params, scale), params["trees"]
    if start is not None:
        forest = _continued(start, forest)
    if width is not None:
        forest.width = width

    def after(grown: int) -> None:
        run.progress(grown, trees, "train")

    judged = params.get("oversampling", "none") == "none"
    grow(forest, matrix, target, trees, weights=weights, run=run, after=after, judged=judged)
    return forest


def _continued(forest: Forest, new: Forest) -> Forest:
    """Return a grown forest that goes on with the parameters of a new one."""
    if type(forest) is not type(new):
        raise InvalidInput(f"The start model is a {type(forest).__name__}, not a {type(new).__name__}.")
    if isinstance(forest, Boosting):
        forest.go_on_with(new)
        return forest
    grown = len(forest.estimators_)
    forest.set_params(**{**new.get_params(deep=False), "n_estimators": grown, "oob_score": False})
    for name in ("oob_score_", "oob_decision_function_", "oob_prediction_"):
        if hasattr(forest, name):
            delattr(forest, name)
    return forest


def _fit(
    forest: Forest, matrix: Matrix, target: npt.NDArray[Any], weights: npt.NDArray[np.float64] | None
) -> None:
    with warnings.catch_warnings():
        # With few trees some rows are in every bag; they count as they come.
        warnings.filterwarnings("ignore", "Some inputs do not have OOB scores", UserWarning)
        forest.fit(matrix, target, weights)


def out_of_bag_score(forest: Forest) -> float | None:
    """Return the out-of-bag score (accuracy, or R²), or None where trees saw all rows or had a start."""
    score = getattr(forest, "oob_score_", None)
    return None if score is None else float(score)


def votes(trees: Sequence[Any], matrix: Matrix, threads: int) -> npt.NDArray[np.float64]:
    """Return the sum over trees of their predictions.

    Parameters
    ----------
    trees : sequence
        Trees of scikit-learn, all classifiers or all regressors.
    matrix : ndarray
        Features, shape (rows, features), float32.
    threads : int
        Number of threads.

    Returns
    -------
    ndarray
        Class probabilities, shape (rows, classes), or values, shape (rows, 1); each summed.
    """
    call = "predict_proba" if hasattr(trees[0], "predict_proba") else "predict"
    each = Parallel(n_jobs=threads, require="sharedmem", return_as="generator")(
        delayed(getattr(tree, call))(matrix, check_input=False) for tree in trees
    )
    total = 0.0
    for vote in each:
        total = total + vote.reshape(len(matrix), -1)
    return np.asarray(total)

"""What simple methods reach on the same folds: a method that does not beat them says so in its report."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.scores import Score
from deepaas_plugins.pipeline.validation.splits import Split

Matrix = npt.NDArray[np.float32]
Array = npt.NDArray[Any]
#: Learns from (matrix, target) and predicts a second matrix.
Baseline = Callable[[Matrix, Array, Matrix], Array]

#: Principal components, and the rows that a baseline learns from at most: the first of a random order.
COMPONENTS, ROWS = 50, 20_000
#: Rows that are predicted at once.
BLOCK = 4096


def majority(_matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    """Predict the most frequent class.

    Parameters
    ----------
    target : ndarray
        Class numbers, shape (rows,).
    unseen : ndarray
        Features to predict, shape (n, columns).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    return np.full(len(unseen), np.bincount(target).argmax())


def mean(_matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    """Predict the mean.

    Parameters
    ----------
    target : ndarray
        Values, shape (rows,).
    unseen : ndarray
        Features to predict, shape (n, columns).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    return np.full(len(unseen), target.mean())


def pca_logistic(matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    """Predict by logistic regression on principal components, classes weighted to be equally frequent.

    Parameters
    ----------
    matrix, unseen : ndarray
        Features to learn from and to predict, shapes (rows, columns) and (n, columns).
    target : ndarray
        Class numbers, shape (rows,).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    if len(np.unique(target)) < 2:
        return majority(matrix, target, unseen)
    return _on_components(LogisticRegression(max_iter=500, class_weight="balanced"), matrix, target, unseen)


def pca_ridge(matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    """Predict by ridge regression on principal components.

    Parameters
    ----------
    matrix, unseen : ndarray
        Features to learn from and to predict, shapes (rows, columns) and (n, columns).
    target : ndarray
        Values, shape (rows,).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    return _on_components(Ridge(1.0), matrix, target, unseen)


def _on_components(estimator: Any, matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    components = min(COMPONENTS, matrix.shape[1], len(matrix) - 1)
    pca = PCA(max(components, 1), svd_solver="randomized", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # Spectra that are all equal have no variance to divide by; then the baseline knows nothing.
        warnings.filterwarnings("ignore", "invalid value encountered", RuntimeWarning)
        return np.asarray(make_pipeline(pca, StandardScaler(), estimator).fit(matrix, target).predict(unseen))


def nearest_class_template(matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    """Predict the class whose median spectrum, scaled to fit, leaves the smallest sum of squares.

    Parameters
    ----------
    matrix, unseen : ndarray
        Features to learn from and to predict, shapes (rows, columns) and (n, columns).
    target : ndarray
        Class numbers, shape (rows,).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    classes = np.unique(target)
    templates = np.stack([np.median(matrix[target == each], axis=0) for each in classes])
    norms = np.maximum(np.linalg.norm(templates, axis=1), np.finfo(np.float32).tiny)
    # Of a spectrum x and a template t, min over a ≥ 0 of |x − a·t|² is |x|² − max(x·t, 0)²/|t|².
    return np.asarray(classes[((unseen @ templates.T) / norms).argmax(axis=1)])


def nearest_spectrum(matrix: Matrix, target: Array, unseen: Matrix) -> Array:
    """Predict the value of the nearest spectrum.

    Parameters
    ----------
    matrix, unseen : ndarray
        Features to learn from and to predict, shapes (rows, columns) and (n, columns).
    target : ndarray
        Values, shape (rows,).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    half = 0.5 * (matrix.astype(np.float64) ** 2).sum(axis=1)
    nearest = [
        (half - unseen[start : start + BLOCK] @ matrix.T).argmin(axis=1)
        for start in range(0, len(unseen), BLOCK)
    ]
    return np.asarray(target[np.concatenate(nearest)])


OF_CLASSES: Mapping[str, tuple[str, Baseline]] = {
    "majority": ("Most frequent class", majority),
    "pca_logistic": ("PCA + logistic regression", pca_logistic),
    "nearest_template": ("Nearest template", nearest_class_template),
}
OF_VALUES: Mapping[str, tuple[str, Baseline]] = {
    "mean": ("Mean", mean),
    "pca_ridge": ("PCA + ridge regression", pca_ridge),
    "nearest_template": ("Nearest spectrum", nearest_spectrum),
}


def report(
    data: Labelled,
    parts: list[Split],
    predicted: Array,
    *,
    score: Score,
    method: str,
    seed: int,
    run: Run,
    value_name: str = "",
) -> None:
    """Report the scores of the baselines beside the method's own, all on the same folds.

    Parameters
    ----------
    data : Labelled
        All labelled rows.
    parts : list of Split
        The folds.
    predicted : ndarray
        What the method predicted in them, shape (rows,); other rows are not looked at.
    score : Score
        What is compared.
    method : str
        Name of the method, for people.
    seed : int
        Of the rows that a baseline learns from where there are more than `ROWS`.
    run : Run
        Takes metrics and the view.
    value_name : str
        Of what is predicted, where a run reports several values.

    Raises
    ------
    Cancelled
        If the run was asked to stop.
    """
    baselines = OF_CLASSES if data.classes is not None else OF_VALUES
    judged = np.concatenate([judge for _, judge in parts])
    truth = data.target[judged]
    own = score.of(predicted[judged], truth)
    random = np.random.default_rng(seed)
    told = [np.empty(0, dtype=data.target.dtype) for _ in baselines]
    for number, (learn, judge) in enumerate(parts):
        some = learn if len(learn) <= ROWS else np.sort(random.choice(learn, ROWS, replace=False))
        matrix, target, unseen = data.matrix[some], data.target[some], data.matrix[judge]
        for place, (_, baseline) in enumerate(baselines.values()):
            run.stop_if_cancelled()
            told[place] = np.concatenate([told[place], baseline(matrix, target, unseen)])
        run.progress(number + 1, len(parts), "baselines")
    scores = {name: score.of(values, truth) for name, values in zip(baselines, told, strict=True)}
    rows: list[list[Any]] = [[method, own]]
    tail = f":{value_name}" if value_name else ""
    for name, value in scores.items():
        run.metric(f"baseline_{name}{tail}", value)
        rows.append([baselines[name][0], value])
    unbeaten = [baselines[name][0] for name, value in scores.items() if not score.beats(own, value)]
    run.metric(f"beats_baselines{tail}", float(not unbeaten))
    if unbeaten:
        run.log(verdict(method, unbeaten))
    columns: list[views.Column] = [
        {"name": "method", "title": "Method"},
        {"name": score.name, "title": f"{score.title} (cross-validation)"},
    ]
    run.report(
        views.table(
            views.view_id("baselines", value_name) if value_name else "baselines",
            f"Baselines: {value_name}" if value_name else "Baselines",
            columns=columns,
            rows=rows,
            note=verdict(method, unbeaten),
        )
    )


def verdict(method: str, unbeaten: list[str]) -> str:
    """Return what is to be said of a method that does not beat some baselines, or beats all."""
    if not unbeaten:
        return f"{method} beats every baseline; all were judged on the same folds."
    return (
        f"{method} does not beat: {', '.join(unbeaten)}. On the same folds a simpler method does as well: "
        "prefer it, or change recipe and parameters."
    )

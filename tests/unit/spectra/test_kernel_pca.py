"""Kernel principal components."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import KernelPCA

from spectra import Recipe, RecipeError
from spectra.steps.block import Block


def recipe(**parameters) -> Recipe:
    return Recipe.from_json({"schema": 1, "steps": [{"step": "kernel_pca", **parameters}]})


def rows(count: int = 60) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 12))


def applied(fitted: Recipe, flux: np.ndarray) -> np.ndarray:
    return fitted.steps[0].apply(Block(flux, None, np.arange(len(flux)))).flux


def test_components_are_scikit_learns_up_to_their_sign() -> None:
    flux, fresh = rows(), np.random.default_rng(1).normal(size=(5, 12))
    ours = applied(recipe(components=4, gamma=0.05).fit(flux), fresh)
    theirs = KernelPCA(4, kernel="rbf", gamma=0.05, eigen_solver="dense").fit(flux).transform(fresh)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-8)


def test_what_was_learned_comes_back_and_gives_the_same(tmp_path) -> None:
    fitted = recipe(components=3).fit(rows())
    fitted.save(tmp_path)
    assert np.array_equal(applied(Recipe.load(tmp_path), rows(7)), applied(fitted, rows(7)))


def test_a_sample_bounds_what_is_kept() -> None:
    fitted = recipe(components=3, sample=20).fit(rows(500))
    assert fitted.state()["0.landmarks"].shape == (20, 12)


def test_more_components_than_there_are_directions_are_rejected() -> None:
    with pytest.raises(RecipeError, match="2 can"):
        recipe(components=3).fit(np.repeat(rows(3), 5, axis=0))


def test_a_state_of_other_shapes_is_rejected() -> None:
    state = recipe(components=3).fit(rows()).state()
    with pytest.raises(RecipeError, match=r"saved coefficients has shape \(3, 60\)"):
        recipe(components=4).restore(state)

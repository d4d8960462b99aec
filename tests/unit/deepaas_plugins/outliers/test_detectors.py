from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.neighbors import LocalOutlierFactor

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.outliers.detectors.cooccurrence import LeafSharing, synthetic
from deepaas_plugins.methods.outliers.detectors.density import LocalDensity
from deepaas_plugins.methods.outliers.detectors.isolation import IsolationTrees, mean_path
from deepaas_plugins.methods.outliers.detectors.reconstruction import Reconstruction
from deepaas_plugins.methods.unsupervised.frame import Frame, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

from .conftest import ODD, odd_flux


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Frame.fit(odd_flux().astype(np.float32), zeros_missing=True)


@pytest.fixture(scope="module")
def rows(frame: Frame) -> Rows:
    return frame.rows(odd_flux().astype(np.float32))


def test_the_local_outlier_factor_is_that_of_scikit_learn(rows: Rows) -> None:
    made, own = LocalDensity.fit(rows.values, 10)
    peer = LocalOutlierFactor(10).fit(rows.values)
    np.testing.assert_allclose(own, -peer.negative_outlier_factor_, rtol=1e-3)
    novelty = LocalOutlierFactor(10, novelty=True).fit(rows.values)
    new = Rows(rows.values[::5] + np.float32(0.01), rows.known[::5])
    np.testing.assert_allclose(made.score(new), -novelty.score_samples(new.values), rtol=1e-3)


def test_scores_of_the_isolation_forest_are_those_of_scikit_learn(rows: Rows) -> None:
    made = IsolationTrees.fit(rows.values, trees=20, rows=64, seed=3)
    peer = IsolationForest(n_estimators=20, max_samples=64, random_state=3).fit(rows.values)
    np.testing.assert_allclose(made.score(rows), -peer.score_samples(rows.values), rtol=1e-6)
    np.testing.assert_allclose(mean_path(np.array([1, 2, 256])), [0.0, 1.0, 10.24], atol=0.01)


def test_synthetic_rows_have_the_marginals_without_the_correlations() -> None:
    random = np.random.default_rng(0)
    sample = np.repeat(random.normal(size=(500, 1)), 2, axis=1).astype(np.float32)
    made = synthetic(sample, random)
    np.testing.assert_array_equal(np.sort(made, axis=0), np.sort(sample, axis=0))
    assert abs(np.corrcoef(made.T)[0, 1]) < 0.15


def test_leaf_sharing_ranks_as_the_mean_over_all_pairs_does(rows: Rows) -> None:
    made = LeafSharing.fit(rows.values, trees=30, rows=1000, seed=1)
    random = np.random.default_rng(1)
    both = np.concatenate([rows.values, synthetic(rows.values, random)])
    forest = RandomForestClassifier(30, random_state=1).fit(both, np.repeat([1, 0], len(rows)))
    leaves = forest.apply(rows.values)
    real = np.stack([each.predict(rows.values) == 1 for each in forest.estimators_], axis=1)
    together = real[:, None, :] & real[None, :, :]
    same = (leaves[:, None, :] == leaves[None, :, :]) & together
    similarity = same.sum(axis=2) / np.maximum(together.sum(axis=2), 1)
    weirdness = 1.0 - similarity.mean(axis=1)
    assert np.corrcoef(made.score(rows), weirdness)[0, 1] > 0.99


def test_what_principal_axes_cannot_reproduce_is_odd_where_it_lies(rows: Rows, frame: Frame) -> None:
    axes = PrincipalAxes.fit([rows], frame.scatter, 3, rows)
    made = Reconstruction.fit(axes, rows)
    score = made.score(rows)
    assert set(np.argsort(-score)[:4]) == set(ODD)
    assert np.median(score) == pytest.approx(1.0, abs=0.1)
    peak = np.abs(made.deviations(rows)[ODD[0]]).argmax()
    assert abs(np.linspace(6519.0, 6732.0, 140)[peak] - 6680.0) < 10.0


def test_missing_points_are_not_odd(rows: Rows, frame: Frame) -> None:
    axes = PrincipalAxes.fit([rows], frame.scatter, 3, rows)
    made = Reconstruction.fit(axes, rows)
    flux = odd_flux().astype(np.float32)
    flux[ODD[0], 90:120] = np.nan  # where the odd line is
    cut = frame.rows(flux)
    assert made.score(cut)[ODD[0]] < 0.5 * made.score(rows)[ODD[0]]
    assert not made.deviations(cut)[ODD[0], 90:120].any()


def test_as_many_neighbours_as_spectra_are_rejected(rows: Rows) -> None:
    with pytest.raises(InvalidInput, match=r"neighbours = 160: there are 160 spectra.*Give at most 159"):
        LocalDensity.fit(rows.values, 160)


@pytest.mark.parametrize("kind", [LocalDensity, IsolationTrees, LeafSharing])
def test_arrays_of_other_columns_are_not_loaded(rows: Rows, kind: type) -> None:
    made = {
        LocalDensity: lambda: LocalDensity.fit(rows.values, 5)[0],
        IsolationTrees: lambda: IsolationTrees.fit(rows.values, trees=10, rows=32, seed=0),
        LeafSharing: lambda: LeafSharing.fit(rows.values, trees=10, rows=100, seed=0),
    }[kind]()
    again = kind.of_arrays(made.arrays(), 140)
    np.testing.assert_array_equal(again.score(rows), made.score(rows))
    with pytest.raises(ValueError, match=r"shape|other columns"):
        kind.of_arrays(made.arrays(), 139)

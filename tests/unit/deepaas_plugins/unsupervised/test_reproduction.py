"""Principal axes and the autoencoder."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from deepaas_plugins.methods.unsupervised import principal
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Frame, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes, axes_count
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles


def inside(rows: int = 300) -> tuple[Frame, Rows]:
    matrix = profiles(GRID, cycle(rows)).astype(np.float32)
    frame = Frame.fit(matrix, zeros_missing=True)
    return frame, frame.rows(matrix)


def axes_of(rows: Rows, frame: Frame, count: int, chunk: int = 70) -> PrincipalAxes:
    parts = [
        Rows(rows.values[at : at + chunk], rows.known[at : at + chunk]) for at in range(0, len(rows), chunk)
    ]
    return PrincipalAxes.fit(parts, frame.scatter, count, rows)


def test_axes_from_chunks_are_those_of_the_whole() -> None:
    frame, rows = inside()
    found = axes_of(rows, frame, 4)
    cut = np.clip(rows.values, -10 * frame.scatter, 10 * frame.scatter)
    expected = PCA(4).fit(cut)
    overlap = np.abs(np.sum(found.axes * expected.components_.T, axis=0))
    np.testing.assert_allclose(overlap, 1.0, atol=1e-3)
    np.testing.assert_allclose(found.deviation**2, expected.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(found.share, expected.explained_variance_ratio_, rtol=1e-3)


def test_with_many_columns_the_axes_come_from_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, rows = inside()
    exact = axes_of(rows, frame, 3)
    monkeypatch.setattr(principal, "MOST_COLUMNS", 10)
    found = axes_of(rows, frame, 3)
    np.testing.assert_allclose(np.abs(np.sum(found.axes * exact.axes, axis=0)), 1.0, atol=1e-2)


def test_few_rows_or_columns_have_few_axes() -> None:
    assert axes_count(20, 1000, 140) == 20
    assert axes_count(20, 60, 140) == 6
    assert axes_count(20, 1000, 3) == 1
    assert axes_count(20, 2, 140) == 1


def test_a_single_odd_row_is_no_axis_of_its_own() -> None:
    frame, rows = inside()
    odd = rows.values.copy()
    odd[0, :70] += 3000.0 * np.random.default_rng(0).normal(size=70)
    found = axes_of(Rows(odd, rows.known), frame, 5)
    left = odd - found.expected(odd)
    assert np.linalg.norm(left[0]) > 0.9 * np.linalg.norm(odd[0])


def test_the_autoencoder_learns_common_rows_and_comes_back_from_its_arrays() -> None:
    frame, rows = inside()
    told: list[float] = []
    made = Autoencoder.fit(
        rows, frame.scatter, latent=3, epochs=20, seed=0, tell=lambda _, loss: told.append(loss)
    )
    assert len(told) == 20
    assert told[-1] < 0.9 * told[0]
    latent = made.latent(rows.values)
    assert latent.shape == (300, 3)
    assert np.abs(latent).max() <= 1.0
    again = Autoencoder.of_arrays(made.arrays(), 140)
    np.testing.assert_array_equal(again.expected(rows.values), made.expected(rows.values))
    arrays = made.arrays()
    arrays["weights_2"] = arrays["weights_2"][:, :-1]
    with pytest.raises(ValueError, match="offsets_2 is not an array of shape"):
        Autoencoder.of_arrays(arrays, 140)

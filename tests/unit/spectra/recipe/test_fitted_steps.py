import io
import pickle
import zipfile

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif

from spectra import Recipe, RecipeError
from spectra.npz import pack_arrays
from spectra.steps.columns import pca as pca_module
from spectra.steps.learning import ROWS
from spectra.steps.moments import column_moments
from spectra.steps.sample import sample_rows
from tests.unit.spectra.recipe.examples import log_grid, noise, prepared, recipe
from tests.unit.spectra.recipe.test_spectral_steps import batch_of

WINDOW = {"step": "resample", "minimum": 6519.0, "maximum": 6600.0, "points": 12}


def correlated(rows: int = 500, columns: int = 12, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    sources = random.laplace(size=(rows, 4)) * [5.0, 3.0, 2.0, 1.0]
    return sources @ random.normal(size=(4, columns)) + random.normal(0, 0.1, (rows, columns)) + 100.0


def fitted(matrix: np.ndarray, *steps, labels=None) -> tuple[Recipe, np.ndarray]:
    made = recipe(*steps).fit(matrix, labels)
    return made, made.apply(batch_of(matrix, None)).flux


def up_to_sign(made: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return expected * np.sign((made * expected).sum(axis=0))


# Streaming


def test_moments_of_chunks_are_those_of_the_whole_even_far_from_zero():
    matrix = correlated() + 1e8
    parts = [matrix[:3], matrix[3:4], matrix[4:]]
    rows, mean, products = column_moments(iter(parts), covariance=True)
    assert rows == 500
    np.testing.assert_allclose(mean, matrix.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(products / 499, np.cov(matrix.T), rtol=1e-6)
    _, _, squares = column_moments(iter(parts))
    np.testing.assert_allclose(squares, np.diag(products), rtol=1e-9)


def test_a_sample_holds_distinct_rows_in_their_order_and_all_where_there_are_few():
    chunks = [np.arange(i, i + 50.0)[:, None] for i in range(0, 1000, 50)]
    drawn = sample_rows(iter(chunks), 100, 1)[:, 0]
    assert len(drawn) == 100
    assert (np.diff(drawn) > 0).all()
    assert 300 < drawn.mean() < 700
    np.testing.assert_array_equal(sample_rows(iter(chunks), 5000, 1)[:, 0], np.arange(1000.0))


# PCA


@pytest.mark.parametrize("whiten", [False, True])
def test_pca_is_scikit_learns(whiten):
    matrix = correlated()
    _, made = fitted(matrix, {"step": "pca", "components": 4, "whiten": whiten})
    expected = PCA(4, whiten=whiten).fit_transform(matrix)
    np.testing.assert_allclose(made, up_to_sign(made, expected), rtol=1e-3, atol=1e-3)


def test_pca_of_wide_matrices_is_learned_in_steps_and_close_to_the_exact_one(monkeypatch):
    matrix = correlated(rows=2 * ROWS + 3)
    _, exact = fitted(matrix, {"step": "pca", "components": 4})
    monkeypatch.setattr(pca_module, "EXACT_COLUMNS", 5)
    _, stepwise = fitted(matrix, {"step": "pca", "components": 4})
    np.testing.assert_allclose(stepwise, exact, atol=0.05)


def test_more_components_than_the_matrix_has_are_rejected_with_the_number_it_has():
    with pytest.raises(RecipeError, match="at most 5 can"):
        recipe({"step": "pca", "components": 9}).fit(correlated(rows=5))
    with pytest.raises(RecipeError, match="at most 12 can"):
        recipe({"step": "ica", "components": 40}).fit(correlated())


# ICA


def test_ica_finds_the_independent_sources():
    random = np.random.default_rng(1)
    sources = random.laplace(size=(4000, 3))
    mixed = sources @ random.normal(size=(3, 8))
    _, made = fitted(mixed, {"step": "ica", "components": 3})
    correlations = np.abs(np.corrcoef(made.T, sources.T)[:3, 3:])
    np.testing.assert_allclose(correlations.max(axis=0), 1.0, atol=0.02)
    np.testing.assert_allclose(made.std(axis=0), 1.0, atol=0.01)


def test_ica_that_does_not_converge_says_so():
    with pytest.raises(RecipeError, match="did not converge"):
        recipe({"step": "ica", "components": 8, "iterations": 1, "tolerance": 1e-12}).fit(correlated())


# Feature selection


def test_f_values_are_scikit_learns_and_the_best_columns_are_kept():
    matrix = correlated()
    labels = [("a", "b", "c", None)[i % 4] for i in range(500)]
    matrix[:, 5] += [{"a": 0.0, "b": 20.0, "c": 40.0, None: 1000.0}[label] for label in labels]
    made, kept = fitted(matrix, {"step": "feature_selection", "percentile": 25.0}, labels=labels)
    known = np.array([label is not None for label in labels])
    expected = f_classif(matrix[known], [label for label in labels if label])[0]
    state = made.state()
    np.testing.assert_allclose(state["0.scores"], expected, rtol=1e-6)
    np.testing.assert_array_equal(state["0.selected"], np.sort(np.argsort(-expected)[:3]))
    np.testing.assert_allclose(kept, matrix[:, state["0.selected"]], rtol=1e-6)


def test_selected_columns_keep_their_wavelengths():
    grid = np.linspace(6000.0, 6100.0, 12)
    matrix = correlated()
    made = recipe({"step": "feature_selection", "percentile": 50.0}).fit(matrix, ["a", "b"] * 250)
    batch = made.apply(batch_of(matrix, grid))
    np.testing.assert_array_equal(batch.wavelength, grid[made.state()["0.selected"]])


def test_columns_without_scatter_do_not_upset_the_selection():
    matrix = np.ones((10, 3))
    matrix[:, 1] = [0.1, 1e6] * 5
    made = recipe({"step": "feature_selection", "percentile": 1.0}).fit(matrix, ["a", "b"] * 5)
    assert made.state()["0.selected"].tolist() == [1]
    assert made.state()["0.scores"][0] == 0.0


@pytest.mark.parametrize("labels", [None, ["a"] * 500, ["a", "b"] + [None] * 498])
def test_selection_without_two_classes_is_rejected(labels):
    with pytest.raises(RecipeError, match="at least two classes"):
        recipe({"step": "feature_selection"}).fit(correlated(), labels)


# Standardising


def test_columns_are_standardised_and_constant_ones_become_zero():
    matrix = correlated()
    matrix[:, 2] = 7.0
    _, made = fitted(matrix, {"step": "standardise"})
    expected = (matrix - matrix.mean(axis=0)) / np.where(matrix.std(axis=0) > 0, matrix.std(axis=0), 1.0)
    np.testing.assert_allclose(made, expected, atol=1e-4)
    assert not made[:, 2].any()


# Fitting and saving


def test_steps_learn_in_order_each_from_what_those_before_it_make():
    matrix = correlated()
    _, made = fitted(
        matrix, {"step": "standardise"}, {"step": "pca", "components": 3}, {"step": "standardise"}
    )
    np.testing.assert_allclose(made.std(axis=0), 1.0, rtol=1e-4)
    np.testing.assert_allclose(np.corrcoef(made.T), np.eye(3), atol=1e-4)


def test_a_recipe_that_has_not_learned_says_so():
    made = recipe(WINDOW, {"step": "pca", "components": 2})
    assert not made.fitted
    with pytest.raises(RecipeError, match=r"step 2 \(pca\): must be fitted"):
        next(made.prepare(noise(3, [log_grid()])))
    assert [step.name for step in made.head.steps] == ["resample"]
    assert [step.name for step in made.tail.steps] == ["pca"]


def test_a_saved_recipe_does_exactly_the_same(tmp_path):
    spectra = noise(80, [log_grid()])
    steps = [
        WINDOW,
        {"step": "standardise"},
        {"step": "feature_selection", "percentile": 80.0},
        {"step": "pca", "components": 5},
        {"step": "ica", "components": 2, "tolerance": 0.5},
    ]
    made = recipe(*steps)
    head, _ = prepared(made.head, spectra)
    made.fit(head[0].flux, head[0].labels)
    made.save(tmp_path / "model")
    again = Recipe.load(tmp_path / "model")
    assert again.fitted
    assert again.to_json() == made.to_json()
    for name, array in made.state().items():
        assert again.state()[name].dtype == array.dtype
        np.testing.assert_array_equal(again.state()[name], array)
    expected, _ = prepared(made, spectra)
    found, _ = prepared(again, spectra)
    np.testing.assert_array_equal(found[0].flux, expected[0].flux)


def test_a_recipe_that_learned_from_a_feature_sets_rows_makes_those_rows_again():
    spectra = noise(50, [log_grid()])
    made = recipe(WINDOW, {"step": "pca", "components": 3})
    head, _ = prepared(made.head, spectra)
    made.fit(head[0].flux)
    whole, _ = prepared(made, spectra)
    np.testing.assert_array_equal(whole[0].flux, made.tail.apply(head[0]).flux)


def test_rows_of_another_number_of_columns_are_rejected():
    made = recipe({"step": "standardise"}).fit(correlated(columns=12))
    rejected = []
    assert len(made.apply(batch_of(correlated(rows=3, columns=7), None), rejected.append)) == 0
    assert ["7 points" in r.reason and "fitted on 12" in r.reason for r in rejected] == [True] * 3


def test_a_spectrum_on_another_grid_is_rejected_and_those_of_later_chunks_go_on():
    spectra = [*noise(2, [log_grid(100)]), *noise(1, [log_grid(90)]), *noise(2, [log_grid(100)])]
    made = recipe({"step": "pca", "components": 1}).fit([s.flux for s in spectra if len(s.flux) == 100])
    for chunk in (1, 2, 10):
        batches, rejected = prepared(made, spectra, chunk)
        assert sum(map(len, batches)) == 4
        assert len(rejected) == 1


def test_steps_on_wavelengths_reject_a_matrix_that_has_none():
    with pytest.raises(RecipeError, match="needs wavelengths"):
        recipe({"step": "continuum"}).apply(batch_of(correlated(), None))


def test_a_matrix_that_is_none_is_rejected():
    with pytest.raises(RecipeError, match="shape"):
        recipe({"step": "standardise"}).fit(np.ones(5))
    with pytest.raises(RecipeError, match="2 labels"):
        recipe({"step": "standardise"}).fit(np.ones((5, 2)), ["a", "b"])


def save_with(folder, payload: bytes) -> None:
    recipe({"step": "standardise"}).fit(correlated()).save(folder)
    (folder / "recipe.npz").write_bytes(payload)


class Bomb:
    def __reduce__(self):
        return (print, ("exploded",))


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def promising(count: int) -> bytes:
    """Return an array file whose header speaks of so many numbers, and which holds none."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (count,)})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "NumPy archive"),
        (pickle.dumps(1), "NumPy archive"),
        (archive(**{"0.mean": npy(np.array([Bomb()], dtype=object))}), "Python objects"),
        (archive(**{"0.mean": npy(np.ones(9))[:-8]}), "promises"),
        (archive(**{"0.mean": promising(10**13)}), "promises 80000000000000 bytes"),
        (pack_arrays({"0.mean": np.ones(3)}), "lacks"),
        (pack_arrays({"0.mean": np.ones(3), "0.spread": np.ones(4)}), "do not fit together"),
        (pack_arrays({"0.mean": np.full(3, np.nan), "0.spread": np.ones(3)}), "not finite"),
    ],
)
def test_a_damaged_or_hostile_state_is_rejected(tmp_path, capsys, payload, words):
    save_with(tmp_path, payload)
    with pytest.raises(RecipeError, match=words):
        Recipe.load(tmp_path)
    assert "exploded" not in capsys.readouterr().out


def test_a_missing_or_broken_recipe_file_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"recipe\.json"):
        Recipe.load(tmp_path)
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(RecipeError, match=r"recipe\.json"):
        Recipe.load(tmp_path)

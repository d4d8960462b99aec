import numpy as np
import pytest

from spectra.steps.grid import GridCache
from tests.unit.spectra.recipe.examples import log_grid, noise, prepared, recipe, spectrum

WINDOW = {"step": "resample", "minimum": 6519.0, "maximum": 6600.0, "points": 30}


@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_rows_come_in_input_order_whatever_the_chunk_and_the_grids(chunk):
    spectra = noise(40, [log_grid(), log_grid(700), np.linspace(6500.0, 6700.0, 400)])
    batches, rejected = prepared(recipe(WINDOW), spectra, chunk)
    assert not rejected
    assert [name for batch in batches for name in batch.names] == [f"s{i}" for i in range(40)]
    assert [label for batch in batches for label in batch.labels] == ["a", "b"] * 20
    assert batches[0].sources[0].path == "s0.fits"
    flux = np.concatenate([batch.flux for batch in batches])
    target = np.linspace(6519.0, 6600.0, 30)
    np.testing.assert_allclose(flux, [np.interp(target, s.wavelength, s.flux) for s in spectra], rtol=1e-6)
    assert max(len(batch) for batch in batches) <= chunk


def test_spectra_with_and_without_errors_go_together():
    grid = log_grid()
    with_errors = spectrum(grid, np.ones(800), name="with", ivar=np.ones(800), mask=np.zeros(800, dtype=bool))
    without = spectrum(grid, np.ones(800), name="without")
    batches, rejected = prepared(recipe({"step": "mask"}, WINDOW), [without, with_errors, without])
    assert not rejected
    assert batches[0].names == ["without", "with", "without"]


def test_rejections_come_in_input_order_and_the_others_go_on():
    good = noise(6, [log_grid()])
    good[1] = spectrum(np.linspace(5000.0, 5100.0, 20), np.ones(20), name="far")
    good[2] = spectrum(log_grid(), np.full(800, np.nan), name="broken")
    good[4] = spectrum(np.zeros(0), np.zeros(0), name="empty")
    batches, rejected = prepared(recipe(WINDOW), good)
    assert [r.source for r in rejected] == ["far.fits", "broken.fits", "empty.fits"]
    assert [r.reason.split()[0] for r in rejected] == ["it", "30", "it"]
    assert batches[0].names == ["s0", "s3", "s5"]


def test_without_resampling_spectra_on_another_grid_than_the_first_are_rejected():
    spectra = [*noise(2, [log_grid()]), *noise(1, [log_grid(500)]), *noise(1, [log_grid().copy()])]
    for chunk in (1, 10):
        batches, rejected = prepared(recipe({"step": "scale"}), spectra, chunk)
        assert sum(len(batch) for batch in batches) == 3
        assert ["resample" in r.reason for r in rejected] == [True]


def test_a_recipe_without_steps_passes_spectra_on():
    spectra = noise(3, [log_grid()])
    batches, _ = prepared(recipe(), spectra)
    np.testing.assert_allclose(batches[0].flux, [s.flux for s in spectra], rtol=1e-6)


def test_flux_beyond_float32_is_rejected_not_infinite():
    huge = spectrum(log_grid(), np.full(800, 1e300))
    _, rejected = prepared(recipe(WINDOW), [huge])
    assert "not finite" in rejected[0].reason


def test_what_is_kept_per_grid_is_bounded_and_computed_once():
    calls = []
    cache: GridCache[int] = GridCache(limit=2)
    grids = [np.arange(float(i + 2)) for i in range(3)]
    for index in (0, 0, 1, 0, 2, 0, 1):
        assert cache.get(grids[index], lambda grid: calls.append(len(grid)) or len(grid)) == index + 2
    assert calls == [2, 3, 4, 3]  # grid 1 was the one least recently used when grid 2 came

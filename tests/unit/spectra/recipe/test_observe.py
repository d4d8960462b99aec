"""How spectra were observed is measured on the pixels that the recipe needs and goes with every row."""

from pathlib import Path

import numpy as np
import pytest

from spectra import FeatureSet, FeatureSetWriter, Recipe, Spectrum, SpectrumMeta
from spectra.batch import NUMBERS, Observations

GRID = np.linspace(6500.0, 6750.0, 251)
RECIPE = {
    "schema": 1,
    "steps": [
        {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0},
        {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140},
    ],
}


def spectrum(noise: float, bad: int = 0, **extra: object) -> Spectrum:
    flux = 1.0 + noise * np.random.default_rng(0).normal(size=len(GRID))
    flux[100 : 100 + bad] = 0.0
    return Spectrum(GRID, flux, meta=SpectrumMeta("a", extra=extra))


def measured(*spectra: Spectrum) -> dict[str, np.ndarray]:
    (batch,) = Recipe.from_json(RECIPE).prepare(spectra)
    assert batch.observations is not None
    return dict(zip(NUMBERS, batch.observations.numbers.T, strict=True))


def test_coverage_is_the_share_of_good_pixels_in_the_range_that_is_needed() -> None:
    found = measured(spectrum(0.1), spectrum(0.1, bad=53))["coverage"]
    assert found == pytest.approx([1.0, 1 - 53 / 214], abs=0.01)


def test_noise_is_measured_whatever_the_scale_of_the_flux() -> None:
    bright = Spectrum(GRID, 1e-16 * spectrum(0.05).flux)
    found = measured(spectrum(0.1), spectrum(0.02), bright)["snr"]
    assert found == pytest.approx([10.0, 50.0, 20.0], rel=0.2)


def test_sampling_is_that_of_the_file_and_resolution_what_it_states() -> None:
    coarse = Spectrum(GRID[::5], np.ones(51), meta=SpectrumMeta("b", extra={"resolution": "high"}))
    found = measured(spectrum(0.1, resolution=1800.0), coarse)
    assert found["sampling"] == pytest.approx([6625 / 2.0, 6625 / 10.0], rel=0.01)
    assert found["resolution"][0] == 1800.0
    assert np.isnan(found["resolution"][1])


def test_a_smoothed_spectrum_has_less_detail_than_one_with_white_noise() -> None:
    sharp = spectrum(0.1)
    smooth = Spectrum(GRID, np.convolve(sharp.flux, np.ones(5) / 5, mode="same"))
    flat = Spectrum(GRID, np.ones(len(GRID)))
    found = measured(sharp, smooth, flat)["detail"]
    assert found[0] == pytest.approx(1.0, abs=0.15)
    assert found[1] < 0.6
    assert np.isnan(found[2])


def test_the_instrument_is_survey_telescope_and_instrument() -> None:
    told = spectrum(0.1, survey="SDSS", telescope="SDSS", instrument=" BOSS ")
    (batch,) = Recipe.from_json(RECIPE).prepare([told, spectrum(0.1)])
    assert batch.observations is not None
    assert batch.observations.instruments == ["SDSS / BOSS", None]


def test_observations_are_kept_by_a_feature_set_and_by_steps_that_learn(tmp_path: Path) -> None:
    (batch,) = Recipe.from_json(RECIPE).prepare([spectrum(0.1, survey="SDSS"), spectrum(0.2, bad=20)])
    with FeatureSetWriter(tmp_path / "f.parquet", wavelength=batch.wavelength) as writer:
        writer.write(batch)
    features = FeatureSet.open(tmp_path / "f.parquet")
    assert batch.observations is not None
    for read in (
        features.observations(),
        features.take([0, 1]).observations,
        next(features.chunks()).observations,
    ):
        assert read is not None
        assert np.array_equal(read.numbers, batch.observations.numbers, equal_nan=True)
        assert list(read.instruments) == ["SDSS", None]
    scaled = Recipe.from_json({"schema": 1, "steps": [{"step": "scale", "method": "minmax"}]}).apply(batch)
    assert scaled.observations is not None
    assert np.array_equal(scaled.observations.numbers, batch.observations.numbers, equal_nan=True)
    turned = features.take([1, 0]).observations
    assert turned is not None
    assert list(turned.instruments) == [None, "SDSS"]


def test_what_is_not_known_of_some_parts_is_unknown_in_the_whole() -> None:
    (batch,) = Recipe.from_json(RECIPE).prepare([spectrum(0.1, survey="SDSS")])
    both = Observations.joined([batch.observations, None], [1, 2])
    assert both is not None
    assert list(both.instruments) == ["SDSS", None, None]
    assert np.isnan(both.numbers[1:]).all()
    assert Observations.joined([None, None], [1, 2]) is None
    assert len(Observations.unknown(3)) == 3

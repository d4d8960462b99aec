import numpy as np

from spectra import FeatureSet, iter_spectra, prepare
from spectra.recipe import Recipe
from spectra.synthetic import CLASSES, H_ALPHA, LIGHT_SPEED, VISITS, disc_profile, generate, write_folder
from spectra.synthetic_marker import is_synthetic


def test_the_same_seed_gives_the_same_spectra_and_another_gives_others():
    first, again, other = (list(generate(8, seed=seed)) for seed in (1, 1, 2))
    more = list(generate(20, seed=1))[:8]
    for a, b, c, d in zip(first, again, more, other, strict=True):
        np.testing.assert_array_equal(a.flux, b.flux)
        np.testing.assert_array_equal(a.flux, c.flux)
        assert not np.array_equal(a.flux, d.flux)


def test_every_spectrum_says_that_it_is_synthetic_and_what_it_shows():
    spectra = list(generate(60))
    assert all(s.meta.extra["synthetic"] is True and s.meta.name.startswith("synthetic") for s in spectra)
    assert {s.meta.label for s in spectra} == set(CLASSES)
    for star in {s.meta.group for s in spectra}:
        visits = [s for s in spectra if s.meta.group == star]
        assert len(visits) == VISITS
        assert len({s.meta.label for s in visits}) == 1
        assert not np.array_equal(visits[0].flux, visits[1].flux)
    for name in ("rv", "resolution", "snr"):
        assert len({s.meta.extra[name] for s in spectra}) == 60


def test_lines_look_like_their_class():
    for s in generate(90, seed=3):
        centre = H_ALPHA * (1.0 + s.meta.extra["rv"] / LIGHT_SPEED)
        velocity = (s.wavelength / centre - 1.0) * LIGHT_SPEED
        sides = (np.abs(velocity) > 1500) & (np.abs(velocity) < 3000)
        level = np.polyval(np.polyfit(velocity[sides], s.flux[sides], 1), velocity)
        depth = np.mean((s.flux / level)[np.abs(velocity) < 60]) - 1.0
        noise = 4.0 / s.meta.extra["snr"]
        if s.meta.label == "absorption":
            assert depth < -0.05
        else:
            assert (s.flux / level)[np.abs(velocity) < 400].max() > 1.05 + noise
        if s.meta.label == "emission":
            assert depth > 0.0


def test_a_disc_has_two_peaks_at_the_velocity_of_its_outer_edge():
    velocity = np.arange(-1000.0, 1001.0, 1.0)
    profile = disc_profile(velocity, 200.0, 600.0, 2.0)
    np.testing.assert_allclose(profile, profile[::-1], atol=1e-9)
    assert abs(abs(velocity[profile.argmax()]) - 200.0) < 10.0
    assert profile[1000] < 0.8
    assert not profile[np.abs(velocity) > 602.0].any()


def test_a_disc_is_the_sum_of_the_rings_that_it_is_made_of():
    random = np.random.default_rng(0)
    # Gas at random places of a disc of emissivity r^-2 between radii 1 and 9, and at random phases.
    radius = np.exp(random.uniform(0.0, np.log(9.0), 2_000_000))  # r^-2 · r dr = d ln r
    speed = 600.0 / np.sqrt(radius) * np.sin(random.uniform(0.0, 2 * np.pi, len(radius)))
    edges = np.arange(-610.0, 611.0, 20.0)
    counts, _ = np.histogram(speed, edges)
    profile = disc_profile(0.5 * (edges[1:] + edges[:-1]), 200.0, 600.0, 2.0)
    np.testing.assert_allclose(profile, counts / counts.max(), atol=0.02)


def test_a_folder_reads_back_with_its_labels_and_says_that_it_is_synthetic(tmp_path):
    write_folder(tmp_path / "data", 9, seed=5)
    made = list(generate(9, seed=5))
    found = list(iter_spectra(tmp_path / "data", manifest=tmp_path / "data" / "labels.csv"))
    assert [s.meta.label for s in found] == [s.meta.label for s in made]
    assert [s.meta.group for s in found] == [s.meta.group for s in made]
    for a, b in zip(found, made, strict=True):
        np.testing.assert_allclose(a.wavelength, b.wavelength, rtol=1e-12)
        np.testing.assert_allclose(a.flux, b.flux, rtol=1e-6)
    assert is_synthetic(tmp_path / "data")
    result = prepare(tmp_path / "data", Recipe([]), tmp_path / "out" / "set.parquet")
    assert not result.rejected
    assert FeatureSet.open(result.path).synthetic

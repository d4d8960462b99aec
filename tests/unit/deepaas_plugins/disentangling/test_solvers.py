from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver, taper
from deepaas_plugins.methods.disentangling.solvers.free_velocities import fit_velocities
from deepaas_plugins.methods.disentangling.solvers.log_grid import LogGrid
from deepaas_plugins.methods.disentangling.solvers.shifts import multiplicity, phases
from deepaas_plugins.methods.disentangling.solvers.strengths import fit_strengths, light_of
from deepaas_plugins.methods.disentangling.solvers.undulation import undulation
from deepaas_plugins.methods.disentangling.solvers.wavelength import WavelengthSolver

from .binary import GRID, LIGHT, composites, moved, problem_of, star

INSIDE = slice(20, -20)
TRUTH = np.stack([star(number, np.log(GRID.wavelength)) for number in (0, 1)])


def deviation(components: np.ndarray, light: tuple[float, ...] = LIGHT) -> np.ndarray:
    """Return the rms error of each star, up to a constant."""
    wrong = (1.0 + components / np.array(light)[:, None] - TRUTH)[:, INSIDE]
    return np.asarray(wrong.std(axis=1))


def test_phases_shift_as_an_exponential_per_frequency_does() -> None:
    shifts = np.array([[0.3, -17.2], [400.9, 0.0]])
    scale = np.array([[1.0, 2.0], [0.5, 0.0]])
    wanted = scale[..., None] * np.exp(-2j * np.pi * np.arange(300) * shifts[..., None] / 640)
    np.testing.assert_allclose(phases(shifts, 640, 300, scale), wanted, atol=1e-11)


@pytest.mark.parametrize("size", [64, 65])
def test_sums_over_frequencies_are_sums_over_pixels(size: int) -> None:
    flux = np.random.default_rng(0).normal(size=size)
    transform = np.fft.rfft(flux)
    nyquist = 0.0 if size % 2 else abs(transform[-1]) ** 2 / size
    found = (np.abs(transform) ** 2) @ multiplicity(size, len(transform)) + nyquist
    assert found == pytest.approx((flux**2).sum())


def test_the_fourier_solution_is_that_of_a_plain_loop_over_frequencies() -> None:
    given = problem_of(composites(moved(), snr=50.0), 0.02)
    solver = FourierSolver(given, regularisation=0.5)
    shifts = GRID.shift(moved())
    found = solver.solve(shifts)
    data = np.fft.rfft(given.flux * taper(GRID.size), solver.size, axis=1)
    square = 0.0
    for frequency in range(solver.frequencies):
        design = np.exp(-2j * np.pi * frequency / solver.size * shifts).T * 50.0
        normal = design.conj().T @ design + solver.ridge[frequency] * np.eye(2)
        plain = np.linalg.solve(normal, design.conj().T @ (data[:, frequency] * 50.0))
        np.testing.assert_allclose(found.components[:, frequency], plain, rtol=1e-7, atol=1e-9)
        left = data[:, frequency] * 50.0 - design @ plain
        square += (np.abs(left) ** 2).sum() * solver.counts[frequency]
    assert found.chi2 == pytest.approx(square, rel=1e-9)


def test_three_components_are_solved_as_two_are() -> None:
    given = problem_of(composites(moved(), snr=80.0))
    solver = FourierSolver(given)
    two = np.concatenate([GRID.shift(moved()), np.zeros((1, 12))])
    strengths = np.ones((3, 12))
    strengths[2] = 0.0
    both, three = solver.solve(two[:2]), solver.solve(two, strengths)
    np.testing.assert_allclose(three.components[:2], both.components, atol=1e-6)
    assert three.chi2 == pytest.approx(both.chi2, rel=1e-6)


def test_both_solvers_find_the_stars_without_noise() -> None:
    given = problem_of(composites(moved()))
    shifts = GRID.shift(moved())
    solver = FourierSolver(given)
    assert deviation(solver.spectra(solver.solve(shifts), GRID.size)).max() < 0.01
    separated = WavelengthSolver(given).solve(shifts)
    assert deviation(separated.components).max() < 0.002
    assert np.abs(separated.residuals).max() < 1e-3


def test_gaps_and_unequal_errors_count_in_wavelength_space() -> None:
    flux = composites(moved(), snr=200.0)
    weights = np.full(flux.shape, 200.0**2)
    for epoch in range(0, 12, 2):
        flux[epoch, 100 + 10 * epoch : 130 + 10 * epoch] = 7.0
        weights[epoch, 100 + 10 * epoch : 130 + 10 * epoch] = 0.0
    flux[3] += np.random.default_rng(1).normal(0.0, 0.5, GRID.size)
    weights[3] = 4.0
    found = WavelengthSolver(Composites(GRID, flux - 1.0, weights)).solve(GRID.shift(moved()))
    assert deviation(found.components).max() < 0.03
    assert np.isnan(found.residuals[0, 105])
    assert found.iterations < 200


def test_a_wrong_period_has_a_visibly_worse_chi2() -> None:
    solver = FourierSolver(problem_of(composites(moved(), snr=50.0), 0.02))
    wrong = moved(
        {"period": 7.1, "periastron": 2459003.0, "eccentricity": 0.2, "omega": 60.0, "k1": 90.0, "k2": 130.0}
    )
    assert solver.chi2(GRID.shift(wrong)) > 2.0 * solver.chi2(GRID.shift(moved()))


def test_velocities_are_found_without_an_orbit() -> None:
    solver = FourierSolver(problem_of(composites(moved(), snr=300.0), 1 / 300))
    start = GRID.shift(moved() + np.random.default_rng(2).normal(0.0, 15.0, (2, 12)))
    found = GRID.velocity(fit_velocities(solver, start, [0, 1]))
    wrong = found - moved()
    assert (wrong - wrong.mean(axis=1)[:, None]).std() < 1.0


def test_line_strengths_and_the_light_that_they_tell() -> None:
    share = 0.4 + 0.15 * np.sin(np.arange(12))
    light = (1.0 - share, share)
    solver = FourierSolver(problem_of(composites(moved(), light, snr=400.0), 1 / 400))
    strengths = fit_strengths(solver, GRID.shift(moved()), [0, 1])
    np.testing.assert_allclose(strengths[1], share / share.mean(), atol=0.02)
    told = light_of(strengths, solver.weights)
    assert told is not None
    assert told[1] / told[0] == pytest.approx(share.mean() / (1.0 - share.mean()), rel=0.02)
    assert light_of(np.ones((2, 12)), np.ones(12)) is None


def test_slow_undulations_are_those_that_the_spectra_do_not_determine() -> None:
    solver = FourierSolver(problem_of(composites(moved())))
    near = solver.solve(GRID.shift(0.05 * moved()))
    wide, narrow = (
        undulation(one.normal, solver.size, GRID.velocity_step)
        for one in (near, solver.solve(GRID.shift(moved())))
    )
    assert wide.limit is not None
    assert narrow.limit is not None
    assert wide.limit < narrow.limit
    assert np.median(narrow.amplification[:, 50:]) < 2.0


def test_a_grid_shifts_by_velocities() -> None:
    np.testing.assert_allclose(
        GRID.velocity(GRID.shift(np.array([-200.0, 0.0, 1.0]))), [-200.0, 0.0, 1.0], atol=1e-9
    )
    linear = np.linspace(6000.0, 6100.0, 500)
    grid = LogGrid.covering(linear)
    assert grid.wavelength[[0, -1]] == pytest.approx([6000.0, 6100.0])
    assert grid.size >= 500
    np.testing.assert_allclose(
        grid.resampled(linear, np.sin(linear)[None])[0], np.sin(grid.wavelength), atol=1e-5
    )

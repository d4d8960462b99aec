"""Fourier disentangling against a loop over frequencies: `python -m benchmarks.disentangling`.

Both solve for the components of 50 epochs of two stars, 10,000 pixels each, for given velocities. The peer is
a plain loop in NumPy: at each frequency it makes the factors of all epochs, the normal equations and their
solution. Neither is large enough for threads; seconds are those of the processor, in alternation. Medians
are compared, and the answers with each other.

Claims
------
disentangling
    Seconds of the loop over ours.
disentangling_equal
    Greatest difference of the components, as a share of the largest value.
disentangling_evaluation
    Milliseconds of one evaluation of χ² from velocities.
disentangling_linear
    Time a pixel of 40,000 pixels over that of 10,000.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np
import numpy.typing as npt

from benchmarks.result import Result, machine, print_result, print_table
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver
from deepaas_plugins.methods.disentangling.solvers.log_grid import LIGHT_SPEED, LogGrid

EPOCHS, PIXELS = 50, 10_000
SIGMA = 0.02
LIMIT_MS = 50.0
FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]


def composites(pixels: int) -> tuple[Composites, FloatArray]:
    """Return noise with lines, and shifts of two stars.

    Parameters
    ----------
    pixels : int
        Of each epoch.

    Returns
    -------
    tuple
        The epochs, and shifts in pixels, shape (2, epochs).
    """
    random = np.random.default_rng(pixels)
    grid = LogGrid(float(np.log(4000.0)), 2.0 / LIGHT_SPEED, pixels)
    shifts = random.normal(0.0, 40.0, (2, EPOCHS))
    flux = random.normal(0.0, SIGMA, (EPOCHS, pixels))
    flux -= 0.3 * np.exp(-0.5 * ((np.arange(pixels) - 0.4 * pixels - shifts[0][:, None]) / 8.0) ** 2)
    return Composites(grid, flux, np.full(flux.shape, SIGMA**-2.0)), shifts


def plain(solver: FourierSolver, shifts: FloatArray) -> tuple[ComplexArray, float]:
    """Solve frequency by frequency.

    Parameters
    ----------
    solver : FourierSolver
        With data, weights and regularisation.
    shifts : ndarray
        Pixels, shape (stars, epochs).

    Returns
    -------
    tuple
        Transforms of the components, shape (stars, frequencies), and χ².
    """
    found = np.empty((len(shifts), solver.frequencies), dtype=np.complex128)
    chi2 = 0.0
    for frequency in range(solver.frequencies):
        factors = np.exp(-2j * np.pi * frequency / solver.size * shifts).T * solver.roots[:, None]
        normal = factors.conj().T @ factors + solver.ridge[frequency] * np.eye(len(shifts))
        found[:, frequency] = np.linalg.solve(normal, factors.conj().T @ solver.data[:, frequency])
        left = solver.data[:, frequency] - factors @ found[:, frequency]
        chi2 += float((np.abs(left) ** 2).sum()) * float(solver.counts[frequency])
    return found, chi2


def speed(rounds: int) -> list[Result]:
    """Compare with the loop."""
    given, shifts = composites(PIXELS)
    solver = FourierSolver(given)
    solver.solve(shifts)
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        begin = time.process_time()
        ours = solver.solve(shifts)
        middle = time.process_time()
        components, chi2 = plain(solver, shifts)
        times.append((middle - begin, time.process_time() - middle))
    own, peer = (statistics.median(column) for column in zip(*times, strict=True))
    wrong = float(np.abs(ours.components - components).max() / np.abs(components).max())
    wrong = max(wrong, abs(ours.chi2 - chi2) / chi2)
    return [
        Result("disentangling", own, peer, peer / own, "s", "≥ 10", peer / own >= 10.0),
        Result("disentangling_equal", wrong, 0.0, wrong, "", "≤ 1e-8", wrong <= 1e-8),
        Result(
            "disentangling_evaluation", own * 1e3, LIMIT_MS, own * 1e3, "ms", "≤ 50", own * 1e3 <= LIMIT_MS
        ),
    ]


def linear(rounds: int) -> Result:
    """Compare the cost of a pixel of short and of long spectra, in alternation."""
    solvers = [(pixels, *composites(pixels)) for pixels in (PIXELS, 4 * PIXELS)]
    made = [(pixels, FourierSolver(given), shifts) for pixels, given, shifts in solvers]
    times: dict[int, list[float]] = {pixels: [] for pixels, *_ in made}
    for _ in range(rounds):
        for pixels, solver, shifts in made:
            begin = time.process_time()
            solver.solve(shifts)
            times[pixels].append((time.process_time() - begin) / pixels)
    short, long = (statistics.median(times[pixels]) for pixels, *_ in made)
    ratio = long / short
    return Result("disentangling_linear", long * 1e9, short * 1e9, ratio, "ns a pixel", "≤ 1.5", ratio <= 1.5)


def main() -> int:
    """Measure, print, and return 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="three rounds")
    rounds = 3 if parser.parse_args().quick else 11
    print(machine())
    results = [*speed(rounds), linear(3 * rounds)]
    columns = ["claim", "ours", "peer", "ratio", "unit", "target", "holds"]
    print_table(columns, [[r.claim, r.ours, r.peer, r.ratio, r.unit, r.target, r.holds] for r in results])
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The solution as KOREL's files: spectra, elements, velocities, components.

``korel.dat``: per spectrum a line with HJD (less 2,400,000), first wavelength (Å), step (km/s), weight and
the number of points, then the fluxes, ten a line (as PREKOR writes it). ``korel.rv``: per spectrum its
number, time, and of each component velocity and O−C. ``korel.spe``: wavelength and the components.
Wavelengths are in air.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepaas_plugins.methods.disentangling.parameters import korel_par
from deepaas_plugins.methods.disentangling.solution import Solution
from deepaas_plugins.methods.disentangling.solvers.log_grid import LIGHT_SPEED, LogGrid
from spectra.air import vacuum_to_air
from spectra.observation.moment import EARLIEST, REDUCED_ZERO

#: Fluxes of a line.
_A_LINE = 10


def write(solution: Solution, folder: Path) -> list[str]:
    """Write the files.

    Parameters
    ----------
    solution : Solution
        What was found.
    folder : Path
        Made where it is missing.

    Returns
    -------
    list of str
        Names of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "korel.dat": _data(solution),
        "korel.rv": _velocities(solution),
        "korel.spe": _components(solution),
    }
    if not solution.free:
        files["korel.par"] = korel_par.write(solution.elements, solution.problem.free)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")
    return list(files)


def _data(solution: Solution) -> str:
    composites = solution.epochs.composites
    grid = _rounded(composites.grid)
    flux = grid.resampled(vacuum_to_air(composites.grid.wavelength), composites.filled())
    weights = composites.epoch_weights / composites.epoch_weights.max()
    head = f"{grid.wavelength[0]:10.4f}{LIGHT_SPEED * grid.step:7.3f}"
    lines = []
    for time, weight, row in zip(_times(solution), weights, flux, strict=True):
        lines.append(f"{time:12.5f}{head}  {weight:5.3f}     {grid.size}")
        lines += [
            "".join(f" {1.0 + value:7.5f}" for value in row[first : first + _A_LINE])
            for first in range(0, len(row), _A_LINE)
        ]
    return "\n".join(lines) + "\n"


def _rounded(grid: LogGrid) -> LogGrid:
    """Return a grid in air within another whose beginning and step are as exact as a file tells them."""
    inside = vacuum_to_air(grid.wavelength)
    start = np.ceil(float(inside[0]) * 1e4) / 1e4
    step = max(np.floor(LIGHT_SPEED * grid.step * 1e3), 1.0) / 1e3 / LIGHT_SPEED
    last = float(np.log(inside[-1]))
    return LogGrid(float(np.log(start)), step, int((last - np.log(start)) / step) + 1)


def _velocities(solution: Solution) -> str:
    stars = solution.problem.stars
    head = " ".join(f"vr{number + 1} o-c{number + 1}" for number in range(stars))
    lines = [f"# N time {head}"]
    for place, time in enumerate(_times(solution)):
        cells = []
        for number in range(stars):
            measured = solution.measured[number, place]
            cells.append(f"{measured:10.4f} {measured - solution.stellar[number, place]:9.4f}")
        lines.append(f"{place + 1:5d} {time:12.5f} {' '.join(cells)}")
    return "\n".join(lines) + "\n"


def _components(solution: Solution) -> str:
    table = np.column_stack(
        [vacuum_to_air(solution.epochs.composites.grid.wavelength), solution.normalised.T]
    )
    return (
        "\n".join(" ".join([f"{row[0]:.4f}", *(f"{value:.6f}" for value in row[1:])]) for row in table) + "\n"
    )


def _times(solution: Solution) -> list[float]:
    times = solution.epochs.times.dates
    return [float(time) for time in (times - REDUCED_ZERO if times.min() > EARLIEST else times)]

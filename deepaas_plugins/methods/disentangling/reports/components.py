"""Views of the components: their spectra with errors, residuals, what is not determined."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.methods.disentangling.solution import Solution

FloatArray = npt.NDArray[np.float64]

#: Columns of the image of residuals, at most.
COLUMNS = 1200
#: Values of the image, at most.
VALUES = 300_000


def spectra(solution: Solution) -> views.View:
    """Return the components with their error bands, each on a continuum of 1, stacked."""
    grid = solution.epochs.composites.grid.wavelength
    flux = solution.normalised
    errors = solution.component_errors / solution.shares[:, None]
    step = _spacing(flux)
    series: list[views.Series] = []
    for number, name in enumerate(solution.names):
        lift = -step * number
        told = f"{name}" if number == 0 else f"{name}, shifted by {lift:.3g}"
        line = flux[number] + lift
        series.append(
            {"name": told, "x": grid, "y": line, "low": line - errors[number], "high": line + errors[number]}
        )
    shares = ", ".join(f"{share:.3f}" for share in solution.light)
    source = "found from the strengths" if solution.light_found else "as given, or equal"
    note = (
        f"Each divided by its share of the light ({shares}; {source}). Bands are one standard error of a "
        "pixel; slow undulations are beyond them, see below."
    )
    if solution.problem.stars > 1:
        note += (
            " A constant may pass from one star to the other without a trace in the spectra: the continua "
            "are set to the same height."
        )
    return views.curves(
        "components",
        "Components",
        x_title="Wavelength, vacuum",
        x_unit="Å",
        y_title="Flux",
        series=series,
        note=note,
    )


def _spacing(flux: FloatArray) -> float:
    inside = flux[:, flux.shape[1] // 20 : -max(flux.shape[1] // 20, 1)]
    return float(np.ceil(20.0 * max(np.ptp(np.percentile(row, [0.5, 99.5])) for row in inside)) / 20.0)


def residual_image(solution: Solution) -> views.View:
    """Return the residuals of all epochs as an image, in the order of phases."""
    residuals = solution.separated.residuals
    order = _order(solution)
    columns = int(min(COLUMNS, max(VALUES // len(residuals), 50), residuals.shape[1]))
    edges = np.linspace(0, residuals.shape[1], columns + 1).astype(int)
    counts = np.add.reduceat(np.isfinite(residuals).astype(float), edges[:-1], axis=1)
    sums = np.add.reduceat(np.nan_to_num(residuals), edges[:-1], axis=1)
    binned = np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)
    grid = solution.epochs.composites.grid.wavelength
    middles = np.array([grid[first:last].mean() for first, last in itertools.pairwise(edges)])
    by = "epoch" if solution.free else "phase, the first at the bottom"
    return views.image(
        "residuals",
        "Residuals of every epoch",
        x=middles,
        z=binned[order],
        names=[solution.epochs.names[place] for place in order],
        x_title="Wavelength, vacuum",
        x_unit="Å",
        z_title="Observed − computed",
        rows=solution.epochs.rows[order],
        note=f"In the order of {by}. Select a line to see its spectrum. Lines that remain where a component "
        "moves mean a wrong orbit; at rest, telluric or interstellar lines.",
    )


def _order(solution: Solution) -> npt.NDArray[np.intp]:
    times = solution.epochs.times.dates
    if solution.free:
        return np.argsort(times, kind="stable")
    elements = solution.elements
    phases = np.remainder((times - elements["periastron"]) / elements["period"], 1.0)
    return np.argsort(phases, kind="stable")


def undulation_view(solution: Solution) -> views.View | None:
    """Return the errors of the components by the width of features, with a warning where they are large."""
    found = solution.undulation
    if solution.problem.stars + int(solution.problem.telluric) < 2 or not len(found.widths):
        return None
    shown = np.unique(np.geomspace(1, len(found.widths), 200).astype(int)) - 1
    series: list[views.Series] = [
        {"name": name, "x": found.widths[shown], "y": np.minimum(line[shown], 1e3)}
        for name, line in zip(solution.names, found.amplification, strict=True)
    ]
    if found.limit is None:
        note = "Features of every width that fits into the range are determined."
    else:
        note = (
            f"Warning: undulations longer than {found.limit:,.0f} km/s are poorly determined. The components "
            "may exchange them without a trace in the spectra, because their motion is small against them: "
            "do not read continuum slopes or the wings of broad lines beyond this width. Epochs of larger "
            "separation, or line strengths that vary (eclipses), help."
        )
    return views.curves(
        "undulation",
        "Error by width of features",
        x_title="Width of a feature",
        x_unit="km/s",
        y_title="Error over that of a star alone",
        scale="log",
        series=series,
        note=note,
    )

"""Views of the velocities: over time and phase, O−C, line strengths, the table of epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.methods.disentangling.orbit.velocities import phase, velocities
from deepaas_plugins.methods.disentangling.solution import Solution

FloatArray = npt.NDArray[np.float64]

_POINTS = 400
#: Cycles that a curve over time is drawn for, at most: beyond it is a band of ink.
_CYCLES = 60.0


def views_of(solution: Solution) -> list[views.View]:
    """Return the curves over phase and time with O−C; over the epochs alone where velocities are free."""
    if solution.free:
        return [_free(solution)]
    return [_phases(solution), _over_time(solution), _differences(solution)]


def _stars(solution: Solution) -> range:
    return range(solution.problem.stars)


def _points(solution: Solution, x: FloatArray, y: FloatArray) -> list[views.Series]:
    return [
        {
            "name": f"Star {number + 1}",
            "x": x,
            "y": y[number],
            "error": solution.measured_errors[number],
            "mode": "points",
            "rows": solution.epochs.rows,
        }
        for number in _stars(solution)
    ]


def _phases(solution: Solution) -> views.View:
    elements = solution.elements
    period, periastron = elements["period"], elements["periastron"]
    inner = {name: value for name, value in elements.items() if not name.startswith(("outer", "apsidal"))}
    grid = np.linspace(0.0, 1.0, _POINTS)
    curve = velocities(solution.problem.system, inner, periastron + grid * period)
    # Points without what the outer orbit and apsidal motion add, so that they lie on the curve.
    times = solution.epochs.times.dates
    shown = solution.measured - solution.stellar + velocities(solution.problem.system, inner, times)
    lines: list[views.Series] = [
        {"name": f"Orbit {number + 1}", "x": grid, "y": curve[number]} for number in _stars(solution)
    ]
    return views.curves(
        "phase-diagram",
        "Radial velocities by phase",
        x_title="Phase from periastron",
        y_title="Velocity (km/s)",
        series=[*lines, *_points(solution, phase(times, period, periastron), shown)],
        note=f"Period {period:.8g} d. Points: velocities of single epochs, the components held, with their "
        "errors; about the centre of mass. Select a point to see its spectrum.",
    )


def _over_time(solution: Solution) -> views.View:
    times = solution.epochs.times.dates
    zero = float(np.floor(times.min()))
    lines: list[views.Series] = []
    cycles = float(np.ptp(times)) / solution.elements["period"]
    if cycles <= _CYCLES:
        grid = np.linspace(times.min(), times.max(), int(max(_POINTS, 60 * cycles)))
        curve = velocities(solution.problem.system, solution.elements, grid)
        lines = [
            {"name": f"Orbit {number + 1}", "x": grid - zero, "y": curve[number]}
            for number in _stars(solution)
        ]
    return views.curves(
        "velocities",
        "Radial velocities by time",
        x_title=f"{solution.epochs.times.system} − {zero:.0f}",
        x_unit="d",
        y_title="Velocity (km/s)",
        series=[*lines, *_points(solution, times - zero, solution.measured)],
    )


def _differences(solution: Solution) -> views.View:
    times = solution.epochs.times.dates
    zero = float(np.floor(times.min()))
    return views.curves(
        "o-c",
        "Observed − computed velocities",
        x_title=f"{solution.epochs.times.system} − {zero:.0f}",
        x_unit="d",
        y_title="O − C (km/s)",
        series=_points(solution, times - zero, solution.measured - solution.stellar),
        note="A trend or a wave here speaks of a further body, apsidal motion or a wrong period.",
    )


def _free(solution: Solution) -> views.View:
    times = solution.epochs.times
    known = times.system != "order"
    zero = float(np.floor(times.dates.min())) if known else 0.0
    return views.curves(
        "velocities",
        "Radial velocities, free of an orbit",
        x_title=f"{times.system} − {zero:.0f}" if known else "Epoch",
        x_unit="d" if known else "",
        y_title="Velocity (km/s)",
        series=_points(solution, times.dates - zero, solution.measured),
        note="Each star's velocities are relative: a constant per star is not determined.",
    )


def strengths(solution: Solution) -> views.View | None:
    """Return line strengths by epoch, where they are not all 1."""
    if np.ptp(solution.strengths) < 1e-6:
        return None
    times = solution.epochs.times.dates
    zero = float(np.floor(times.min()))
    series: list[views.Series] = [
        {"name": name, "x": times - zero, "y": line, "mode": "points", "rows": solution.epochs.rows}
        for name, line in zip(solution.names, solution.strengths, strict=True)
        if np.ptp(line) > 1e-6
    ]
    return views.curves(
        "strengths",
        "Line strengths",
        x_title=f"{solution.epochs.times.system} − {zero:.0f}",
        x_unit="d",
        y_title="Strength over its mean",
        series=series,
        note="1 is the mean over the epochs. Those of a star vary with its share of the light.",
    )


def table(solution: Solution) -> views.View:
    """Return the epochs: time, phase, velocities, O−C, noise."""
    stars = _stars(solution)
    times = solution.epochs.times.dates
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "time", "title": solution.epochs.times.system},
    ]
    phases = np.full(len(times), np.nan)
    if not solution.free:
        phases = phase(times, solution.elements["period"], solution.elements["periastron"])
        columns.append({"name": "phase", "title": "Phase"})
    for number in stars:
        columns += [
            {"name": f"velocity_{number + 1}", "title": f"Velocity {number + 1}", "unit": "km/s"},
            {"name": f"error_{number + 1}", "title": f"Error {number + 1}", "unit": "km/s"},
        ]
        if not solution.free:
            columns.append({"name": f"o_c_{number + 1}", "title": f"O−C {number + 1}", "unit": "km/s"})
    rms = np.sqrt(np.nanmean(solution.separated.residuals**2, axis=1))
    columns += [{"name": "rms", "title": "Residual (rms)"}, {"name": "negative", "title": "Negative pixels"}]
    rows: list[list[Any]] = []
    for place, row in enumerate(solution.epochs.rows):
        cells: list[Any] = [int(row), solution.epochs.names[place], f"{times[place]:.5f}"]
        if not solution.free:
            cells.append(float(phases[place]))
        for number in stars:
            measured = float(solution.measured[number, place])
            cells += [measured, float(solution.measured_errors[number, place])]
            if not solution.free:
                cells.append(measured - float(solution.stellar[number, place]))
        rows.append([*cells, float(rms[place]), int(solution.epochs.negative[place])])
    return views.table("epochs", f"Epochs ({len(times)})", columns=columns, rows=rows)

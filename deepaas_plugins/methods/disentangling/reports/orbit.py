"""Views of the orbit: elements, the map of χ², the periodogram of starting guesses."""

from __future__ import annotations

import numpy as np

from deepaas_plugins.contract import views
from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS
from deepaas_plugins.methods.disentangling.solution import Solution

#: Δχ² of the joint 68.3, 95.4 and 99.7 % regions of two parameters.
REGIONS = (2.30, 6.18, 11.83)


def elements(solution: Solution) -> views.View | None:
    """Return a table of the elements and what follows from them."""
    if solution.free:
        return None
    rows: list[list[object]] = []
    for name, value in solution.elements.items():
        element = ELEMENTS[name]
        error = solution.errors.get(name)
        kind = "fitted" if error is not None else "fixed"
        rows.append([element.title, _digits(value, error), error, element.unit, kind])
    if "k2" in solution.elements:
        rows += _masses(solution)
    how = (
        f"by {len(solution.refits)} bootstrap refits"
        if len(solution.refits) > 2
        else "from the curvature of χ²"
    )
    return views.table(
        "elements",
        "Orbital elements",
        columns=[
            {"name": "element", "title": "Element"},
            {"name": "value", "title": "Value"},
            {"name": "error", "title": "Standard error"},
            {"name": "unit", "title": "Unit"},
            {"name": "kind", "title": "Kind"},
        ],
        rows=rows,
        note=f"Errors {how}. ω is that of star 1. The velocity of the centre of mass is not determined by "
        "disentangling: a component may be moved as a whole.",
    )


def _digits(value: float, error: float | None) -> str:
    """Return a value to two digits of its error: a Julian date has more of them than a table shows."""
    if error is None or not np.isfinite(error) or error <= 0:
        return f"{value:.10g}"
    places = int(np.clip(1 - np.floor(np.log10(error)), 0, 9))
    return f"{value:.{places}f}"


def _masses(solution: Solution) -> list[list[object]]:
    """Return mass ratio, minimum masses and projected axis (with 2π/P in SI units; IAU 2015 GM☉)."""
    k1, k2 = solution.elements["k1"], solution.elements["k2"]
    if k1 <= 0 or k2 <= 0:
        return []
    e, period = solution.elements["eccentricity"], solution.elements["period"]
    root = np.sqrt(1.0 - e**2)
    constant = 1.036149e-7 * root**3 * (k1 + k2) ** 2 * period
    axis = 0.01976569 * root * (k1 + k2) * period
    return [
        ["Mass ratio m2/m1", f"{k1 / k2:.4f}", None, "", "derived"],
        ["m1 sin³i", f"{constant * k2:.4g}", None, "M☉", "derived"],
        ["m2 sin³i", f"{constant * k1:.4g}", None, "M☉", "derived"],
        ["a sin i", f"{axis:.4g}", None, "R☉", "derived"],
    ]


def map_view(solution: Solution) -> list[views.View]:
    """Return the map of χ² with contours; a click starts a training there."""
    found = solution.chi2_map
    if found is None:
        return []
    x, y = ELEMENTS[found.x_name], ELEMENTS[found.y_name]
    least = float(found.chi2.min())
    levels = [least * (1.0 + one / solution.degrees) for one in REGIONS]
    spread = float(np.percentile(found.chi2, 90)) - least
    levels += [
        least + share * spread for share in (0.1, 0.25, 0.5, 1.0) if least + share * spread > levels[-1]
    ]
    others = {
        name: value for name, value in solution.elements.items() if name not in {found.x_name, found.y_name}
    }
    return [
        views.parameter_map(
            "chi2-map",
            f"χ² over {x.title} and {y.title}",
            x=found.x,
            y=found.y,
            z=found.chi2,
            x_title=_titled(x.title, x.unit),
            y_title=_titled(y.title, y.unit),
            z_title="χ² / degrees of freedom",
            levels=levels,
            best=(solution.elements[found.x_name], solution.elements[found.y_name]),
            parameters={"x": found.x_name, "y": found.y_name},
            others={**others, **{f"{name}_range": None for name in (found.x_name, found.y_name)}}
            | {"search": "local"},
            note="The other elements as in the solution. The inner three contours are the joint 68.3, 95.4 "
            "and 99.7 % regions for independent pixels. Select a place to start a local fit there.",
        )
    ]


def _titled(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title


def periodogram(solution: Solution) -> list[views.View]:
    """Return the periodogram of velocities by cross-correlation, where a period was looked for."""
    found = solution.guess
    if found is None or not len(found.periods) or not found.best:
        return []
    shown = np.linspace(0, len(found.periods) - 1, min(len(found.periods), 4000)).astype(int)
    told = ", ".join(f"{period:.5g} d" for period in found.best[:4])
    return [
        views.curves(
            "periodogram",
            "Periods by cross-correlation",
            x_title="Period",
            x_unit="d",
            y_title="Power",
            series=[{"name": "power", "x": found.periods[shown], "y": found.power[shown]}],
            note=f"Lomb–Scargle periodogram of the velocities against the mean spectrum. Highest: {told}; "
            "these and twice these were searched.",
        )
    ]

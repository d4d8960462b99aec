"""The report of a training, in reading order."""

from __future__ import annotations

import numpy as np

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS
from deepaas_plugins.methods.disentangling.reports import components, korel_files, orbit, velocities
from deepaas_plugins.methods.disentangling.solution import Solution


def report(run: Run, solution: Solution) -> None:
    """Report a solution, and write it as KOREL's files beside the report.

    Parameters
    ----------
    run : Run
        Takes metrics and views.
    solution : Solution
        What was found.
    """
    _metrics(run, solution)
    for view in (
        _figures(solution),
        orbit.elements(solution),
        components.spectra(solution),
        *velocities.views_of(solution),
        components.residual_image(solution),
        *orbit.map_view(solution),
        *orbit.periodogram(solution),
        components.undulation_view(solution),
        velocities.strengths(solution),
        velocities.table(solution),
    ):
        if view is not None:
            run.report(view)
    for name in korel_files.write(solution, run.folder / "korel"):
        run.log(f"korel/{name} is written.")


def _metrics(run: Run, solution: Solution) -> None:
    run.metric("chi2_reduced", solution.reduced)
    run.metric("rms_residual", _rms(solution))
    for name, value in solution.elements.items():
        run.metric(name, value)
        if name in solution.errors:
            run.metric(f"{name}_error", solution.errors[name])
    if {"k1", "k2"} <= set(solution.elements) and solution.elements["k2"] > 0:
        run.metric("mass_ratio", solution.elements["k1"] / solution.elements["k2"])
    for number, share in enumerate(solution.light, start=1):
        run.metric(f"light_{number}", share)
    if solution.undulation.limit is not None:
        run.metric("undulation_limit_km_s", solution.undulation.limit)


def _rms(solution: Solution) -> float:
    return float(np.sqrt(np.nanmean(solution.separated.residuals**2)))


def _figures(solution: Solution) -> views.View:
    values: list[views.Value] = [
        _value("epochs", "Epochs", float(len(solution.epochs)), None, ""),
        _value("chi2", "χ² / degrees of freedom", solution.reduced, None, f"{solution.degrees:,} degrees"),
        _value("rms", "Residual (rms)", _rms(solution), "lower", "share of the continuum"),
    ]
    for name in ("period", "k1", "k2", "eccentricity"):
        if name in solution.elements and not solution.free:
            element = ELEMENTS[name]
            error = solution.errors.get(name)
            told = "fixed" if error is None else f"± {error:.2g} {element.unit}".strip()
            values.append(_value(name, element.title, solution.elements[name], None, told))
    times = solution.epochs.times
    note = f"Times: {times.system}, by {times.known_by or 'the file'}." if times.system != "order" else ""
    if times.starts:
        note += " Some are those of the beginning of the exposure: no exposure time is stated."
    if times.system.startswith("JD") and not solution.free:
        note += " They are not corrected to the barycentre: light comes up to 8.3 minutes late or early."
    if (solution.epochs.negative > 0).any():
        many = int((solution.epochs.negative > 0).sum())
        note += f" {many} spectra hold pixels of negative flux."
    return views.metrics("figures", "Solution", values=values, note=note.strip())


def _value(name: str, title: str, value: float, better: str | None, told: str) -> views.Value:
    return {"name": name, "title": title, "value": value, "better": better, "help": told}  # type: ignore[typeddict-item]

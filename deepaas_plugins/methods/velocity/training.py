"""Makes the templates, measures all rows, and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.velocity import templates
from deepaas_plugins.methods.velocity.findings import Findings
from deepaas_plugins.methods.velocity.model import CHUNK, VelocityModel
from deepaas_plugins.methods.velocity.report import report
from deepaas_plugins.methods.velocity.table import VelocityTable

if TYPE_CHECKING:
    from spectra import FeatureSet

Floats = npt.NDArray[np.float64]

#: Spectra of a dataset that are templates at most.
MOST_TEMPLATES = 300


def train(features: FeatureSet, params: Json, run: Run) -> Model:
    """Measure the spectra of a feature set.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress, metrics, the table and the report.

    Returns
    -------
    Model
        That measures further spectra in the same way.

    Raises
    ------
    InvalidInput
        The rows are no spectra on a logarithmic grid, too short or too coarse, or no template has lines
        there.
    Cancelled
        The run was asked to stop.
    """
    if features.wavelength is None:
        raise InvalidInput(
            "The feature set has components, not wavelengths: take steps such as pca out of the recipe."
        )
    if params["measure"] == "redshift":
        from deepaas_plugins.methods.velocity.redshift.training import train as train_redshift  # noqa: PLC0415

        return train_redshift(features, features.wavelength, params, run)
    grid = templates.Grid.of(features.wavelength, params["highest"])
    chosen = np.empty(0, dtype=np.int64)
    if params["templates"] == "dataset":
        chosen, names, made = _of_dataset(features, grid, params)
    else:
        names, made = templates.synthetic(grid, params)
    model = VelocityModel(features.recipe, grid, names, made, params)
    numbers = np.full(features.rows, -1, dtype=np.int64)
    numbers[chosen] = np.arange(len(chosen))
    found = Findings(features.rows, model.meter.velocities, two=params["components"] == 2)
    first = 0
    with VelocityTable(run.folder / "velocities.csv") as table:
        for batch in features.chunks(CHUNK):
            run.stop_if_cancelled()
            run.progress(first, features.rows, "measure")
            own = numbers[first : first + len(batch)] if len(chosen) else None
            measured = model.meter.measure(batch.flux, own)
            found.add(first, measured, grid.step)
            table.add(batch, names, measured, grid.step)
            first += len(batch)
    run.progress(first, features.rows, "measure")
    report(run, features, found, names, params)
    return model


def _of_dataset(
    features: FeatureSet, grid: templates.Grid, params: Json
) -> tuple[npt.NDArray[np.int64], list[str], Floats]:
    """Return rows of the dataset as templates, evenly chosen where there are too many."""
    if features.rows < 2:
        raise InvalidInput("One spectrum alone has no template: give more, or take synthetic templates.")
    rows = np.linspace(0, features.rows - 1, min(features.rows, MOST_TEMPLATES)).astype(np.int64)
    batch = features.take(rows.tolist())
    made = templates.given(grid, batch.flux, params)
    useful = np.flatnonzero((made**2).sum(axis=1) > 0.5)
    if len(useful) < 2:
        raise InvalidInput("Fewer than two spectra of the dataset have any lines: they cannot be templates.")
    return rows[useful], [batch.names[int(one)] for one in useful], made[useful]

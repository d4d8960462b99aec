"""Learns the profiles on the grid of the spectra, measures all rows, writes the catalogue and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.lines.catalogue_file import Catalogue
from deepaas_plugins.methods.lines.continuum import known_pixels
from deepaas_plugins.methods.lines.findings import Findings
from deepaas_plugins.methods.lines.measuring import Region, measure_chunk
from deepaas_plugins.methods.lines.model import LineModel
from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.injection import inject
from deepaas_plugins.methods.lines.profiles.quality import InjectedQuality
from deepaas_plugins.methods.lines.report import Outcome, report

if TYPE_CHECKING:
    from spectra import FeatureSet

#: Values of one chunk: memory does not grow with the rows.
CHUNK_VALUES = 600_000
#: Scales of the step `scale` after which zero flux is no longer zero.
SHIFTED = frozenset({"minmax", "unit", "zscore"})
FILES = {"none": (), "parquet": ("parquet",), "votable": ("votable",), "both": ("parquet", "votable")}


def train(features: FeatureSet, params: Json, run: Run) -> LineModel:
    """Learn, measure and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress, metrics, the catalogue and the report.

    Returns
    -------
    LineModel
        That measures further spectra in the same way.

    Raises
    ------
    InvalidInput
        The rows are no spectra, their fluxes have lost their zero, or the line is not within them.
    Cancelled
        The run was asked to stop.
    """
    region = Region.of(_grid(features), params)
    classifier, quality = _learned(region, params, run)
    findings = Findings(features.rows, int(region.profile.sum()))
    model = LineModel(features.recipe, region.wavelength, classifier, params)
    first = 0
    with Catalogue(run.folder, FILES[params["catalogue"]], {"line": params["line"]}) as catalogue:
        for batch in features.chunks(max(CHUNK_VALUES // features.columns, 1)):
            run.stop_if_cancelled()
            run.progress(first, features.rows, "measure")
            measured = measure_chunk(batch.flux, region, classifier, params)
            findings.add(first, measured)
            catalogue.add(first, batch, measured)
            first += len(batch)
    run.progress(features.rows, features.rows, "measure")
    if not findings.covered:
        raise InvalidInput(
            f"None of the {features.rows} spectra covers {params['line']} with continuum beside it: choose "
            "another line, or a recipe whose range the spectra fill."
        )
    report(run, Outcome(features, region, findings, quality, params))
    return model


def _grid(features: FeatureSet) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the wavelengths of rows that lines can be measured in."""
    if features.wavelength is None:
        raise InvalidInput(
            "The feature set has components, not wavelengths: lines are measured in spectra. Take steps such "
            "as pca out of the recipe."
        )
    for number, step in enumerate(features.recipe.to_json()["steps"], 1):
        shifts = step["step"] == "scale" and step.get("method", "minmax") in SHIFTED
        if shifts or (step["step"] == "continuum" and step.get("operation") == "subtract"):
            raise InvalidInput(
                f"Step {number} of the recipe ({step['step']}) shifts the zero of the flux, without which "
                "there are no equivalent widths: scale by median or l2, and divide by a continuum."
            )
    if not any(known_pixels(flux).any() for flux in features.matrices()):
        raise InvalidInput("No spectrum of the feature set has any flux.")
    return features.wavelength


def _learned(region: Region, params: Json, run: Run) -> tuple[ProfileClassifier, InjectedQuality]:
    run.stop_if_cancelled()
    run.progress(0, 3, "learn", "injecting synthetic profiles")
    learned_from = inject(region.sampling, params["injected"], params["seed"])
    run.stop_if_cancelled()
    run.progress(1, 3, "learn", "learning the classes of profiles")
    classifier = ProfileClassifier.learn(learned_from, params["seed"])
    run.progress(2, 3, "learn", "measuring how well they are told")
    unseen = inject(region.sampling, max(params["injected"] // 5, 1000), params["seed"] + 1)
    quality = InjectedQuality.of(classifier, unseen)
    run.metric("injected_precision", float(np.nanmean(quality.precision)))
    run.metric("injected_recall", float(np.nanmean(quality.recall)))
    run.progress(3, 3, "learn")
    return classifier, quality

"""Train: parameters → preparation → method → saved model. The same in batch and behind the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.model_card import ModelCard, sha256
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.pipeline.preparation import Input, feature_set
from deepaas_plugins.pipeline.reliability import calibration_report, domain
from deepaas_plugins.pipeline.reliability.limits import COVERAGE
from deepaas_plugins.pipeline.reliability.storage import Reliability
from deepaas_plugins.pipeline.start import Start
from deepaas_plugins.pipeline.validation import usable
from jobfolder import names
from jobfolder.json_file import write_json

if TYPE_CHECKING:
    from deepaas_plugins.contract.held_out import HeldOut
    from deepaas_plugins.contract.method import Method, Model
    from deepaas_plugins.contract.run import Run
    from spectra import FeatureSet, Recipe


@dataclass(frozen=True)
class Training:
    """What to train on and with.

    Attributes
    ----------
    input, parameters, recipe
        As the job gives them; without a recipe it is the method's default, or the start model's.
    origin
        The card's module, module_version, image and job.
    start
        The folder of the model to start from, or None.
    start_id
        Its id on the platform, or None.
    """

    input: Input
    parameters: Mapping[str, Any]
    recipe: Mapping[str, Any] | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    start: Path | None = None
    start_id: str | None = None


def prepared_by(
    method: Method, training: Training
) -> tuple[dict[str, Any], dict[str, Any] | Recipe, Start | None]:
    """Return complete parameters, the recipe of the training, and the model that it starts from.

    Raises
    ------
    InvalidInput
        Bad parameters, or a start model that does not fit them or the recipe.
    """
    if training.start is None:
        parameters = load_parameters(method.train_schema, training.parameters)
        return parameters, method.recipe_for(parameters, training.recipe), None
    start = Start.load(method, training.start, training.start_id)
    parameters = load_parameters(method.train_schema, start.completed(method, training.parameters))
    given = training.recipe if training.input.kind == "spectra" else None
    start.check(method, parameters, given)
    return parameters, start.model.recipe, start


def train(method: Method, training: Training, run: Run) -> Model:
    """Train a model and save it, its report and its summary in the run's folder.

    Raises
    ------
    InvalidInput
        Bad parameters or input.
    Cancelled
        The run was asked to stop.
    """
    parameters, recipe, start = prepared_by(method, training)
    if method.makes_spectra:
        training = replace(training, input=_made(method, parameters, training.input, run))
    elif training.input.kind == "none":
        raise InvalidInput("No spectra are given: this method does not make its own.")
    features = feature_set(training.input, recipe, run)
    if training.input.kind == "features" and training.recipe is not None:
        run.log("The input is a feature set, prepared already: the recipe of the job is not applied.")
    usable.check(method, features)
    run.log(f"{method.name}: {features.rows} spectra, {features.columns} columns")
    if start is None:
        model = method.train(features, parameters, run)
    else:
        start.check_features(method, features)
        start.report(method, run)
        model = method.train(features, parameters, run, start.model)
    run.stop_if_cancelled()
    run.progress(0, 1, "save")
    folder = run.folder / "model"
    model.save(folder)
    coverage = float(parameters.get("coverage", COVERAGE))
    _reliability(method, model, features, coverage, run).save(folder)
    _complete_card(folder, training, features, start, run)
    write_json(run.folder / names.SUMMARY, {"metrics": run.metrics})
    run.progress(1, 1, "save")
    return model


def _made(method: Method, parameters: dict[str, Any], given: Input, run: Run) -> Input:
    """Return the spectra that a method makes, which are its own whatever the job gives."""
    if given.kind != "none":
        run.log("The method makes its spectra: those of the job are not used.")
    folder = run.folder / names.DATASET
    folder.mkdir(parents=True, exist_ok=True)
    method.make(parameters, folder, run)
    return Input("spectra", folder, name="synthetic spectra", synthetic=True)


def _reliability(
    method: Method, model: Model, features: FeatureSet, coverage: float, run: Run
) -> Reliability:
    """Calibrate sets or intervals by the held-out predictions, and learn what the training set looks like."""
    held = model.held_out
    conformal = None if held is None else calibration_report.calibrate(held, run, coverage)
    if held is None and method.needs_labels:
        run.log("Answers have no prediction sets or intervals: nothing was cross-validated.")
    if not method.domain:
        return Reliability(conformal)
    rows = domain.sample(features.rows)
    some = features.take(rows)
    known = domain.Domain.fit(some.flux, _objects(features, held)[rows], some.observations)
    if known is None:
        run.log("Answers do not say whether a spectrum is like the training set: it has too few objects.")
    return Reliability(conformal, known)


def _objects(features: FeatureSet, held: HeldOut | None) -> npt.NDArray[np.int64]:
    """Return a number of each row's object: as found for the labelled rows, else by group."""
    numbers: dict[str, int] = {}
    found = np.array(
        [
            numbers.setdefault(f"row {row}" if group is None else f"group {group}", len(numbers))
            for row, group in enumerate(features.groups())
        ],
        dtype=np.int64,
    )
    if held is not None:
        found[held.rows] = held.members + len(numbers)
    return found


def _complete_card(
    folder: Path, training: Training, features: FeatureSet, start: Start | None, run: Run
) -> None:
    given = training.input
    training_set = {
        "name": given.name or given.path.name,
        "sha256": given.sha256,
        "features_sha256": sha256(Path(features.path)),
        "rows": features.rows,
        "synthetic": given.synthetic or features.synthetic,
    }
    card = ModelCard.load(folder)
    lineage = None if start is None else start.lineage()
    card = replace(card, training_set=training_set, metrics=run.metrics, start=lineage, **training.origin)
    card.save(folder)

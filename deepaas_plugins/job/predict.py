"""The action "predict": a trained model over a whole dataset; the answers as files and as a report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.job.train import read_input
from deepaas_plugins.pipeline.domain_report import DomainFindings
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import feature_set
from deepaas_plugins.pipeline.report import Findings, judge, report
from deepaas_plugins.pipeline.table import PredictionTable, flat
from jobfolder import names
from jobfolder.dataset_path import data_prefix
from jobfolder.json_file import write_json

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.job.job_folder import JobFolder
    from deepaas_plugins.pipeline.preparation import Input
    from spectra import FeatureSet

#: Spectra that are predicted at a time: so often a run says how far it is, and may be stopped.
CHUNK = 4096

Json = dict[str, Any]


def run_prediction(folder: JobFolder, run: Run) -> str:
    """Predict as ``job.json`` says, with the model in ``HUGGINS_MODEL``, else ``in/model``."""
    predictor = Predictor(Path(os.environ.get("HUGGINS_MODEL") or folder.path / names.MODEL_IN))
    parameters = load_parameters(predictor.method.predict_schema, folder.job.get("parameters"))
    given = read_input(folder)
    features = feature_set(given, predictor.model.recipe, run)
    predictor.check(features)
    domain = DomainFindings(features.rows)
    found = _predict(predictor, features, parameters, given, domain=domain, run=run)
    run.progress(0, 1, "report")
    report(run, found, features, predictor.model.classes)
    domain.report(features, run)
    for view in predictor.model.prediction_views(found.numbers, features):
        run.report(view)
    known = (predictor.card.training_set or {}).get("sha256")
    trained_on = known is not None and known == given.sha256
    judge(run, found, features, predictor.model.classes, trained_on=trained_on)
    write_json(run.folder / names.SUMMARY, {"metrics": run.metrics})
    run.progress(1, 1, "report")
    return f"{found.rows} spectra are predicted."


def _predict(
    predictor: Predictor,
    features: FeatureSet,
    parameters: Json,
    given: Input,
    *,
    domain: DomainFindings,
    run: Run,
) -> Findings:
    found = Findings(features.rows)
    with PredictionTable(run.folder, data_prefix(given.path)) as table:
        for batch in features.chunks(CHUNK):
            run.stop_if_cancelled()
            predictions = [flat(one) for one in predictor.predict(batch, parameters)]
            found.add(table.rows, predictions)
            domain.add(table.rows, predictions)
            table.add(batch, predictions)
            run.progress(table.rows, features.rows, "predict")
        run.stop_if_cancelled()
        run.progress(0, 1, "write")
        card = predictor.card
        table.finish({"method": card.method, "version": card.version, "model_job": card.job or ""})
    return found

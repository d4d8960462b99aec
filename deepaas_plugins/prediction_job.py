"""The action "predict": a trained model over a whole dataset, answers as Parquet and CSV."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from deepaas_plugins import classification, views
from deepaas_plugins.job_folder import write_json
from deepaas_plugins.predicting import Predictor
from deepaas_plugins.preparation import feature_set
from deepaas_plugins.schema_loading import load_parameters
from deepaas_plugins.training_job import read_input

if TYPE_CHECKING:
    from deepaas_plugins.job_folder import JobFolder
    from deepaas_plugins.run import Run
    from spectra import FeatureSet

#: Predictions shown in the report's table; all are in the files.
SHOWN = 1000

Json = dict[str, Any]


def run_prediction(folder: JobFolder, run: Run) -> str:
    """Predict as ``job.json`` says, with the model in ``HUGGINS_MODEL``, else ``in/model``."""
    predictor = Predictor(Path(os.environ.get("HUGGINS_MODEL") or folder.path / "in" / "model"))
    parameters = load_parameters(predictor.method.predict_schema, folder.job.get("parameters"))
    features = feature_set(read_input(folder), predictor.model.recipe, run)
    predictor.check(features)
    table = _predict(predictor, features, parameters, run)
    write_predictions(table, run.folder)
    run.report(_shown(table))
    _judge(predictor, features, table, run)
    write_json(run.folder / "summary.json", {"metrics": run.metrics})
    return f"{table.num_rows} spectra are predicted."


def _predict(predictor: Predictor, features: FeatureSet, parameters: Json, run: Run) -> pa.Table:
    tables = []
    done = 0
    for batch in features.chunks():
        run.stop_if_cancelled()
        tables.append(as_table(predictor.model.predict(batch, parameters)))
        done += len(batch.names)
        run.progress(done, features.rows, "predict")
    return pa.concat_tables(tables, promote_options="permissive")


def as_table(predictions: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Lay predictions out as columns: probabilities as ``p_CLASS``, whatever is no scalar as JSON."""
    return pa.Table.from_pylist([_flat(prediction) for prediction in predictions])


def _flat(prediction: Mapping[str, Any]) -> Json:
    row: Json = {}
    for key, value in prediction.items():
        if key == "probabilities":
            row |= {f"p_{name}": probability for name, probability in value.items()}
        else:
            row[key] = json.dumps(value) if isinstance(value, list | dict) else value
    return row


def write_predictions(table: pa.Table, folder: Path) -> None:
    """Write ``predictions.parquet`` and ``predictions.csv``, each by rename."""
    for name, write in (
        ("predictions.parquet", pa.parquet.write_table),
        ("predictions.csv", pa.csv.write_csv),
    ):
        write(table, folder / f".{name}")
        (folder / f".{name}").replace(folder / name)


def _shown(table: pa.Table) -> views.View:
    names = [name for name in table.column_names if name != "calibrated"]
    columns: list[views.Column] = [{"name": "spectrum", "title": "Spectrum"}]
    columns += [{"name": name, "title": name.replace("_", " ")} for name in names]
    rows = [
        [number, *(row[name] for name in names)]
        for number, row in enumerate(table.slice(0, SHOWN).to_pylist())
    ]
    more = f" The first {SHOWN} of {table.num_rows} are shown." if table.num_rows > SHOWN else ""
    note = "All predictions are in predictions.csv and predictions.parquet." + more
    return views.table("predictions", "Predictions", columns=columns, rows=rows, note=note)


def _judge(predictor: Predictor, features: FeatureSet, table: pa.Table, run: Run) -> None:
    """Where the dataset has labels of the model's classes, say how well they were met."""
    classes = predictor.model.classes
    if classes is None or "label" not in table.column_names:
        return
    true = classification.numbers(features.labels(), classes)
    if not np.any(true >= 0):
        return
    predicted = classification.numbers(table["label"].to_pylist(), classes)
    classification.report(run, classes, true, predicted, split="labels of this dataset")

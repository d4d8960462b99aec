"""What DEEPaaS V2 asks of a module: metadata, arguments, predict and train."""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from webargs import fields, validate

#: Where a trained model is written and read.
MODEL = Path(tempfile.gettempdir()) / "{{ package }}-model.json"


def get_metadata() -> dict[str, Any]:
    """Return what people read of the module."""
    return {
        "name": "{{ name }}",
        "version": "0.1.0",
        "summary": "{{ summary }}",
        "author": "{{ author }}",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, fields.Field]:
    """Return the arguments of a prediction."""
    file = {"type": "file", "location": "form", "description": "A table of two columns: wavelength, flux."}
    return {
        "data": fields.Field(required=True, metadata=file),
        "threshold": fields.Float(
            load_default=3.0,
            validate=validate.Range(min=0.0),
            metadata={"description": "How far above the median a flux stands out, in deviations."},
        ),
        "most": fields.Integer(
            load_default=10,
            validate=validate.Range(min=1, max=1000),
            metadata={"description": "The most points that are answered."},
        ),
    }


def get_train_args() -> dict[str, fields.Field]:
    """Return the arguments of a training."""
    told = {"description": "Fluxes of a reference, separated by commas."}
    return {"fluxes": fields.String(load_default="1.0,1.1,0.9,1.0", metadata=told)}


def predict(data: Any, threshold: float, most: int) -> dict[str, Any]:
    """Return the points of a spectrum that stand out."""
    lines = Path(data.filename).read_text(encoding="utf-8").splitlines()
    rows = [tuple(map(float, line.split(",")[:2])) for line in lines if line[:1].isdigit()]
    fluxes = [flux for _, flux in rows]
    middle, spread = reference(fluxes)
    found = [(wavelength, (flux - middle) / spread) for wavelength, flux in rows]
    found = sorted((one for one in found if one[1] > threshold), key=lambda one: -one[1])[:most]
    return {"rows": len(rows), "points": [{"wavelength": at, "deviations": far} for at, far in found]}


def train(fluxes: str) -> dict[str, Any]:
    """Learn the median and the deviation of a reference; return them."""
    values = [float(text) for text in fluxes.split(",")]
    learned = {"middle": statistics.median(values), "spread": statistics.pstdev(values) or 1.0}
    MODEL.write_text(json.dumps(learned), encoding="utf-8")
    return learned


def reference(fluxes: list[float]) -> tuple[float, float]:
    """Return the learned median and deviation, else those of the spectrum itself."""
    if MODEL.is_file():
        learned = json.loads(MODEL.read_text(encoding="utf-8"))
        return learned["middle"], learned["spread"]
    return statistics.median(fluxes), statistics.pstdev(fluxes) or 1.0

"""A training set as a file argument, MLflow's folder, sound and video as answers."""

import json
import tempfile
import time
from pathlib import Path

from webargs import fields, validate

BASE = Path(__file__).resolve().parents[1]
MODELS = BASE / "models"
KINDS = ["application/json", "video/mp4", "audio/x-wav"]


def get_metadata():
    return {"name": "fasterrcnn", "version": "1.0.0"}


def get_train_args():
    return {
        "training_set": fields.Field(
            required=True, metadata={"type": "file", "location": "form", "description": "Boxes as JSON."}
        ),
        "epochs": fields.Int(load_default=3),
        "device": fields.Bool(load_default=False),
        "fail": fields.Bool(load_default=False, metadata={"description": "Fail after the first epoch."}),
        "wait": fields.Float(load_default=0.0, metadata={"description": "Seconds of an epoch."}),
    }


def train(training_set, epochs, device, fail, wait):
    boxes = json.loads(Path(training_set.filename).read_text())
    runs = BASE / "mlruns" / "0" / "run1" / "metrics"
    runs.mkdir(parents=True, exist_ok=True)
    for epoch in range(1, epochs + 1):
        print(f"Epoch: [{epoch}/{epochs}] iter: 1 of 9", flush=True)
        with (runs / "loss").open("a") as log:
            log.write(f"{epoch} {1 / epoch} {epoch}\n")
        time.sleep(wait)
        if fail:
            raise RuntimeError("the loss is not a number")
    MODELS.mkdir(exist_ok=True)
    (MODELS / "last_model.json").write_text(
        json.dumps({"boxes": len(boxes), "name": training_set.original_filename})
    )
    return {"result": f"model with {len(boxes)} boxes"}


def get_predict_args():
    return {
        "input": fields.Field(
            required=True,
            metadata={"type": "file", "location": "form", "description": "An image or a video."},
        ),
        "threshold": fields.Float(load_default=0.5),
        "accept": fields.Str(
            load_default=KINDS[0], metadata={"location": "headers"}, validate=validate.OneOf(KINDS)
        ),
    }


def predict(input, threshold, accept):  # noqa: A002 - the name in the API
    content = Path(input.filename).read_bytes()
    if accept in KINDS[1:]:
        with tempfile.NamedTemporaryFile(suffix=".bin", delete=False) as file:
            file.write(content[::-1])
        return Path(file.name).open("rb")
    last = MODELS / "last_model.json"
    model = json.loads(last.read_text()) if last.is_file() else {}
    return {"model": model, "bytes": len(content), "threshold": threshold}

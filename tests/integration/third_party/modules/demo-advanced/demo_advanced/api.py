"""Checkpoints in the module's folder of models, TensorBoard's scalars, answers by content type."""

import json
import os
import struct
from pathlib import Path

from marshmallow import Schema, ValidationError, fields, validate

MODELS = Path(os.environ.get("DEMO_MODELS_PATH", Path(__file__).resolve().parents[1] / "models"))
MODELS.mkdir(exist_ok=True)


def checkpoints():
    return sorted(path.name for path in MODELS.glob("*.cp.json")) or ["none"]


class PredictArguments(Schema):
    input_file = fields.Field(
        required=True, metadata={"type": "file", "location": "form", "description": "Numbers as text."}
    )
    checkpoint = fields.Str(
        load_default=None,
        allow_none=True,
        metadata={"description": "One of the trained ones; empty: the newest."},
    )
    accept = fields.Str(
        load_default="application/json",
        metadata={"location": "headers"},
        validate=validate.OneOf(["application/json", "text/csv", "image/png"]),
    )


class TrainArguments(Schema):
    input_file = fields.Str(required=True, metadata={"description": "Path of the numbers to learn from."})
    epochs = fields.Int(load_default=2, validate=validate.Range(min=1))
    options = fields.Nested(
        Schema.from_dict({"rate": fields.Float(load_default=0.5), "decay": fields.Float()}), load_default={}
    )


def get_metadata():
    return {"name": "demo-advanced", "version": "1.0.0", "models": checkpoints()}


def get_predict_args():
    return dict(PredictArguments().fields)


def get_train_args():
    return dict(TrainArguments().fields)


def predict(input_file, checkpoint, accept):
    name = checkpoint or checkpoints()[-1]
    if name == "none":
        raise ValidationError("There is no checkpoint.")
    mean = json.loads((MODELS / name).read_text())["mean"]
    numbers = [float(word) - mean for word in Path(input_file.filename).read_text().split()]
    if accept == "text/csv":
        return "\n".join(map(str, numbers)).encode()
    if accept == "image/png":
        return b"\x89PNG\r\n\x1a\n" + bytes(int(abs(number)) % 256 for number in numbers)
    return {"checkpoint": name, "differences": numbers}


def train(input_file, epochs, options):
    path = Path(input_file)
    text = "".join(each.read_text() for each in (sorted(path.glob("*.txt")) if path.is_dir() else [path]))
    numbers = [float(word) for word in text.split()]
    with (MODELS / "events.out.tfevents.1.demo").open("wb") as log:
        for epoch in range(1, epochs + 1):
            log.write(_event(epoch, "epoch_loss", options.get("rate", 0.5) / epoch))
    mean = sum(numbers) / len(numbers)
    (MODELS / "new.cp.json").write_text(json.dumps({"mean": mean}))
    return {
        "count": len(numbers),
        "mean": mean,
        "history": {"val_loss": [1.0 / epoch for epoch in range(1, epochs + 1)]},
    }


def _event(step, tag, value):
    scalar = b"\x0a" + bytes([len(tag)]) + tag.encode() + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(scalar)]) + scalar
    event = b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary
    return struct.pack("<Q", len(event)) + b"\0\0\0\0" + event + b"\0\0\0\0"

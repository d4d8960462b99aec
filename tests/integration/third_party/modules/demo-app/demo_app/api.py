"""Every kind of argument; images, sound and video come back as they came."""

import json
import time
from pathlib import Path

from webargs import fields, validate

FOLDER = Path(__file__).resolve().parents[1]


def get_metadata():
    return {"name": "demo-app", "version": "1.0.0", "author": "tests", "license": "MIT"}


def _file(text):
    return fields.Field(
        required=False, load_default=None, metadata={"type": "file", "location": "form", "description": text}
    )


def get_predict_args():
    return {
        "demo_str": fields.Str(load_default="some-string", metadata={"description": "A text."}),
        "demo_str_choice": fields.Str(load_default="choice2", metadata={"enum": ["choice1", "choice2"]}),
        "demo_password": fields.Str(load_default="password", metadata={"format": "password"}),
        "demo_int": fields.Int(load_default=1),
        "demo_int_range": fields.Int(load_default=50, validate=validate.Range(min=1, max=100)),
        "demo_float": fields.Float(load_default=0.1),
        "demo_bool": fields.Bool(load_default=True),
        "demo_dict": fields.Str(load_default='{"a": 0}', metadata={"description": "A dictionary as text."}),
        "demo_list_of_floats": fields.List(fields.Float(), load_default=[0.1, 0.2]),
        "demo_image": _file("A picture."),
        "demo_audio": _file("Sound."),
        "demo_video": _file("A video."),
    }


def predict(**arguments):
    found = {}
    for name, value in arguments.items():
        if hasattr(value, "filename"):
            found[name] = {
                "size": Path(value.filename).stat().st_size,
                "content_type": value.content_type,
                "name": value.original_filename,
            }
        else:
            found[name] = json.loads(value) if name == "demo_dict" else value
    return found


def get_train_args():
    return {
        "epoch_num": fields.Int(
            required=True,
            validate=validate.Range(min=1, max=20),
            metadata={"description": "Passes over the data."},
        ),
        "demo_str_choice": fields.Str(load_default="choice2", metadata={"enum": ["choice1", "choice2"]}),
    }


def train(epoch_num, demo_str_choice):
    for epoch in range(1, epoch_num + 1):
        time.sleep(0.01)
        print(f"Epoch {epoch}/{epoch_num} - loss: {1 / epoch:.3f}", flush=True)
    return {"epochs": epoch_num, "final": {"loss": 1 / epoch_num, "accuracy": 1 - 1 / (epoch_num + 1)}}

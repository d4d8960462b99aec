"""A module of functions: every kind of argument, several media types, a training."""

import io
import pathlib
import tempfile
import time

from webargs import fields, validate


def get_metadata():
    return {
        "name": "colours",
        "author": "Somebody",
        "description": "Tells the colour of bytes",
        "license": "MIT",
        "version": "1.0",
    }


def warm():
    return None


def get_predict_args():
    return {
        "data": fields.Field(
            required=True, metadata={"type": "file", "location": "form", "description": "Any file"}
        ),
        "number": fields.Int(
            load_default=3, validate=validate.Range(min=1, max=9), metadata={"description": "A number"}
        ),
        "ratio": fields.Float(load_default=0.5),
        "name": fields.Str(
            required=False, metadata={"enum": ["a", "b"]}, validate=validate.OneOf(["a", "b"])
        ),
        "flags": fields.List(fields.Str(), load_default=None, allow_none=True),
        "parts": fields.DelimitedList(fields.Int(), load_default=None, allow_none=True),
        "switch": fields.Bool(load_default=False),
        "key": fields.Str(metadata={"location": "headers"}),
        "accept": fields.Str(
            metadata={"location": "headers", "description": "Media type of the answer"},
            validate=validate.OneOf(["application/json", "text/plain", "image/png", "application/zip"]),
        ),
    }


def predict(**kwargs):
    upload = kwargs.pop("data")
    content = pathlib.Path(upload.filename).read_bytes()
    kwargs["file"] = [upload.name, upload.content_type, upload.original_filename, content.decode("latin-1")]
    if kwargs["accept"] == "text/plain":
        return f"åland {kwargs['number']}"
    if kwargs["accept"] == "image/png":
        return b"\x89PNG" + content
    if kwargs["accept"] == "application/zip":
        path = pathlib.Path(tempfile.mkdtemp()) / "answer.zip"
        path.write_bytes(b"PK" + content)
        return path.open("rb")
    return kwargs


def get_train_args():
    return {
        "epochs": fields.Int(required=True, metadata={"description": "How many"}),
        "rate": fields.Float(load_default=0.1),
        "fail": fields.Bool(load_default=False),
        "seconds": fields.Float(load_default=0.0),
    }


def train(**kwargs):
    print("training with", kwargs["epochs"])
    end = time.monotonic() + kwargs["seconds"]
    while time.monotonic() < end:
        time.sleep(0.02)
    if kwargs["fail"]:
        raise ValueError("it does not converge")
    return {"epochs": kwargs["epochs"], "loss": 1.0 / kwargs["epochs"]}


assert io  # as real modules do, this one imports more than it needs

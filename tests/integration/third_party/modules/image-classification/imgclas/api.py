"""Arguments of a configuration, files under another name on the wire, an answer with a schema."""

import json
from pathlib import Path

from webargs import fields, validate

BASE = Path(__file__).resolve().parents[1]
MODELS = BASE / "models"

schema = {
    "status": fields.Str(metadata={"description": "Whether it worked."}),
    "predictions": fields.List(fields.Dict(), metadata={"description": "One of each image."}),
}


def get_metadata():
    return {"name": "image-classification", "version": "1.0.0"}


def get_train_args():
    return {
        "images_directory": fields.Str(
            load_default="data/images", metadata={"description": "Folder of images, one folder a class."}
        ),
        "modelname": fields.Str(load_default="Xception", metadata={"enum": ["Xception", "ResNet50"]}),
        "epochs": fields.Int(load_default=3),
        "use_validation": fields.Bool(load_default=True),
    }


def train(images_directory, modelname, epochs, use_validation):
    classes = {}
    for path in sorted(Path(images_directory).rglob("*.ppm")):
        classes.setdefault(path.parent.name, []).append(_brightness(path))
    if not classes:
        raise ValueError(f"There are no images in {images_directory}.")
    folder = MODELS / "2024-01-01_000000"
    (folder / "ckpts").mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs):
        print(f"{epoch + 1}/{epochs} [=====] - loss: 0.1", flush=True)
    means = {name: sum(values) / len(values) for name, values in classes.items()}
    (folder / "ckpts" / "final.json").write_text(json.dumps(means))
    (folder / "conf.json").write_text(json.dumps({"modelname": modelname}))
    return {"modelname": modelname, "classes": len(means)}


def _brightness(path):
    content = Path(path).read_bytes().split(b"\n", 3)[3]
    return sum(content) / len(content)


def get_predict_args():
    return {
        "files": fields.Field(
            required=True,
            data_key="data",
            metadata={"type": "file", "location": "form", "description": "An image."},
        ),
        "top": fields.Int(load_default=5, validate=validate.Range(min=1)),
    }


def predict(files, top):
    found = sorted(MODELS.glob("*/ckpts/final.json"))
    means = json.loads(found[-1].read_text()) if found else {"unknown": 0.0}
    value = _brightness(files.filename)
    order = sorted(means, key=lambda name: abs(means[name] - value))[:top]
    return {"status": "OK", "predictions": [{"title": files.original_filename, "labels": order}]}

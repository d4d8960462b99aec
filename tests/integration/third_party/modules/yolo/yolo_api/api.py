"""A dataset by its configuration file, weights among the module's own, pictures as answers."""

import io
import json
from pathlib import Path

from webargs import fields, validate

BASE = Path(__file__).resolve().parents[1]
MODELS = BASE / "models"


def get_metadata():
    return {"name": "yolo", "version": "1.0.0"}


def get_train_args():
    return {
        "data": fields.Str(
            required=False,
            load_default="coco128.yaml",
            metadata={"description": "Path of the file of the dataset."},
        ),
        "model": fields.Str(load_default="yolov8n.yaml", metadata={"enum": ["yolov8n.yaml", "yolov8s.yaml"]}),
        "epochs": fields.Int(load_default=2),
        "imgsz": fields.Int(load_default=640, metadata={"description": "Size of the images."}),
        "weights": fields.Str(
            load_default=None, allow_none=True, metadata={"description": "Path of weights to begin with."}
        ),
    }


def train(data, model, epochs, imgsz, weights):
    names = [
        line.split(":")[1].strip() for line in Path(data).read_text().splitlines() if line.startswith("name:")
    ]
    folder = MODELS / "detection" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in range(1, epochs + 1):
        print(f"      {epoch}/{epochs}      0G      1.2", flush=True)
        print(f"epoch {epoch} of {epochs}", flush=True)
    (folder / "best.pt").write_text(json.dumps({"names": names, "imgsz": imgsz}))
    return {"status": "done", "metrics/mAP50": 0.5 + epochs / 100}


def get_predict_args():
    return {
        "files": fields.Field(
            required=True, metadata={"type": "file", "location": "form", "description": "An image."}
        ),
        "conf": fields.Float(load_default=0.25, validate=validate.Range(min=0, max=1)),
        "accept": fields.Str(
            load_default="application/json",
            metadata={"location": "headers"},
            validate=validate.OneOf(["application/json", "image/jpeg"]),
        ),
    }


def predict(files, conf, accept):
    best = MODELS / "detection" / "weights" / "best.pt"
    names = json.loads(best.read_text())["names"] if best.is_file() else ["nothing"]
    content = Path(files.filename).read_bytes()
    if accept == "image/jpeg":
        return io.BytesIO(b"\xff\xd8\xff" + content)
    return [{"name": name, "confidence": 1 - number / 10} for number, name in enumerate(names)]

"""The forest that is served, and the real stars that it learns from."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

TREES = 100


def stars(data: Path) -> list[dict[str, str]]:
    """Return the rows of LAMOST's table that are stars of types A, F, G and K."""
    with (data / "lamost" / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [row for row in rows if row["cls"] == "STAR" and row["subclass"][:1] in set("AFGK")]


def train(data: Path, folder: Path) -> Path:
    """Train the forest by the module's batch entry and return the model's folder."""
    job = folder / "job"
    (job / "in").mkdir(parents=True)
    (job / "in" / "data").symlink_to(data / "lamost")
    with (job / "in" / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "group"])
        writer.writerows([row["file"], row["subclass"][0], row["designation"]] for row in stars(data))
    given = {"kind": "spectra", "path": "in/data", "manifest": "in/manifest.csv", "name": "lamost"}
    content = {
        "schema": 1,
        "job": "bench",
        "attempt": "bench-1",
        "action": "train",
        "module": "rdf",
        "input": given,
    }
    parameters = {"trees": TREES, "folds": 0}
    (job / "job.json").write_text(json.dumps(content | {"parameters": parameters}))
    subprocess.run([sys.executable, "-m", "deepaas_plugins.batch"], cwd=job, check=True, timeout=600)
    return job / "out" / "model"

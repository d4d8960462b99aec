"""The report of a training (docs/contracts.md, section 7): its metrics, curves and files."""

from __future__ import annotations

from typing import Any

from deepaas_entry.training.job_folder import REPORT, JobFolder, write_json

MOST_ROWS = 200
MOST_POINTS = 2000
MOST_CURVES = 12


def write(folder: JobFolder, files: list[dict[str, Any]]) -> None:
    """Write ``report.json``.

    Parameters
    ----------
    folder : JobFolder
        Knows the metrics and their points.
    files : list of dict
        ``{"path", "size", "sha256"}`` of what was written.
    """
    views: list[dict[str, Any]] = []
    if folder.metrics:
        values = [
            {"name": name, "title": name, "value": value, "better": None, "help": ""}
            for name, value in folder.metrics.items()
        ]
        views.append(_view("metrics", "metrics", "Metrics", {"values": values[:MOST_ROWS]}))
    curves = [(name, points) for name, points in folder.points.items() if len(points) > 1]
    for number, (name, points) in enumerate(curves[:MOST_CURVES]):
        thin = points[:: max(1, len(points) // MOST_POINTS)]
        series = [{"name": name, "x": [step for step, _ in thin], "y": [value for _, value in thin]}]
        data = {"x_title": "step", "x_unit": "", "y_title": name, "series": series}
        views.append(_view(f"curve-{number}", "curves", name, data))
    columns = [{"name": "path", "title": "File"}, {"name": "size", "title": "Size", "unit": "bytes"}]
    rows = [[one["path"], one["size"]] for one in files[:MOST_ROWS]]
    views.append(_view("files", "table", "Files that the training wrote", {"columns": columns, "rows": rows}))
    write_json(folder.out / REPORT, {"schema": 1, "views": views})


def _view(identifier: str, kind: str, title: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": identifier, "kind": kind, "title": title, "data": data}

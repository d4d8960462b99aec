"""How much memory the prediction of a large pool takes, as the job that it is."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.cnn.models import made_spectra
from benchmarks.peak_memory import peak_memory
from benchmarks.result import Result

#: What a pool of a million rows may take, MB.
ALLOWED_MB = 1024.0


def measure(folder: Path, model: Path, rows: int) -> tuple[Result, float]:
    """Predict made spectra with a trained model.

    Parameters
    ----------
    folder : Path
        Becomes the job's folder.
    model : Path
        Of the small network.
    rows : int
        Of the pool.

    Returns
    -------
    tuple
        The claim, and the seconds of the job.
    """
    (folder / "in").mkdir(parents=True)
    made_spectra(folder / "in" / "data.parquet", rows, labelled=False)
    (folder / "in" / "model").symlink_to(model)
    job = {
        "schema": 1,
        "job": "pool",
        "attempt": "pool-1",
        "action": "predict",
        "module": "cnn",
        "parameters": {},
        "recipe": None,
        "input": {"kind": "features", "path": "in/data.parquet", "manifest": None, "name": "pool"},
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    begin, here = time.perf_counter(), Path.cwd()
    os.chdir(folder)
    try:
        peak = peak_memory([sys.executable, "-m", "deepaas_plugins.batch"])
    finally:
        os.chdir(here)
    seconds = time.perf_counter() - begin
    return (
        Result("cnn_memory", peak, ALLOWED_MB, peak / ALLOWED_MB, "MB", "≤ 1", peak <= ALLOWED_MB),
        seconds,
    )

"""A job's folder, built manually, and the two answers of the job store that reports need."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from dashboard.auth.identity import Identity
from dashboard.base.errors import NotFound
from dashboard.jobs.job import Phase
from spectra import Batch, FeatureSetWriter, Source


@dataclass
class Shelf:
    """One job, ``1``, with one attempt whose ``out/`` is here."""

    out: Path
    dataset: str | None = None
    begun: bool = True
    phase: Phase = Phase.COMPLETED

    async def get(self, job: str, _identity: Identity) -> Any:
        if job != "1":
            raise NotFound("There is no such job.")
        return SimpleNamespace(
            id=job,
            dataset=self.dataset,
            action="train",
            phase=self.phase,
            label="",
            module="toy",
            input={"name": "", "synthetic": True},
        )

    async def attempts(self, _job: str) -> list[Any]:
        return [SimpleNamespace(id="h-1-1")] if self.begun else []

    def out_folder(self, _attempt: Any) -> Path:
        return self.out

    def report(self, *views: dict[str, Any], **arrays: np.ndarray) -> None:
        """Write a report; ``marks=…`` becomes ``marks.npy``."""
        folder = self.out / "report"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps({"schema": 1, "views": views}))
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=array.dtype.hasobject)

    def features(self, sources: list[Source], columns: int = 3) -> np.ndarray:
        """Write what the method saw: one row per source."""
        flux = np.arange(len(sources) * columns, dtype=np.float32).reshape(-1, columns)
        grid = np.linspace(6500.0, 6600.0, columns)
        names = [f"s{n}" for n in range(len(sources))]
        nothing = [None] * len(sources)
        self.out.mkdir(parents=True, exist_ok=True)
        with FeatureSetWriter(self.out / "features.parquet", wavelength=grid, recipe=None) as writer:
            writer.write(Batch(flux, grid, names, nothing, nothing, sources))
        return flux


def view(kind: str, **data: Any) -> dict[str, Any]:
    return {"id": "v", "kind": kind, "title": "A view", "data": data}

"""The result of a round: what is to be labelled next (``out/selection.json``), candidates, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.learning.pool import Stratum
from deepaas_plugins.pipeline.table import PredictionTable
from jobfolder import names
from jobfolder.dataset_path import dataset_path
from jobfolder.json_file import write_json
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Why a row is to be labelled: by the strategy; to measure precision; to estimate recall.
BATCH, PERFORMANCE, RECALL = "batch", "performance", "recall"
#: Rows whose features are read at a time.
BLOCK = 2048
CANDIDATES = "candidates"


@dataclass(frozen=True)
class Chosen:
    """Rows of one kind.

    Attributes
    ----------
    kind
        `BATCH`, `PERFORMANCE` or `RECALL`.
    rows
        Numbers in the pool, in the order of labelling, shape (n,).
    scores
        Of the strategy, NaN where there is none, shape (n,).
    stratum
        Number of the stratum that they were drawn from, or None.
    """

    kind: str
    rows: IntArray
    scores: FloatArray
    stratum: int | None = None


@dataclass
class Selection:
    """What a round found.

    Attributes
    ----------
    pool_rows, gone
        Rows of the pool, and how many of them had left it before the round.
    trained
        Whether there was a model; without one rows are chosen by their features alone.
    classes
        Of the model.
    counts
        Rows that are predicted as each class, of those that had not left the pool.
    chosen, strata, set_aside
        Rows to label; strata of rows predicted as no targets; unusual rows, in place of which others were
        chosen.
    labelled, left_out, lost
        Spectra of each class that the model learned from; of classes with one object; labels of spectra
        that are not in the pool.
    notes
        Sentences for the round's page.
    """

    pool_rows: int
    gone: int
    trained: bool
    classes: Sequence[str] = ()
    counts: Sequence[int] = ()
    predicted_targets: int = 0
    chosen: list[Chosen] = field(default_factory=list)
    strata: list[Stratum] = field(default_factory=list)
    set_aside: list[int] = field(default_factory=list)
    labelled: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    notes: list[str] = field(default_factory=list)


class Writer:
    """Writes a selection into a run's folder.

    Parameters
    ----------
    pool
        The pool.
    prefix
        What the paths of the run's files begin with (`jobfolder.dataset_path.data_prefix`).
    run
        Whose folder and report.
    """

    def __init__(self, pool: FeatureSet, prefix: str, run: Run) -> None:
        self._pool, self._prefix, self._run = pool, prefix, run

    def write(self, selection: Selection, probabilities: dict[int, list[float]]) -> None:
        """Write ``selection.json`` and the tables of the report.

        Parameters
        ----------
        selection : Selection
            Of the round.
        probabilities : dict
            Of the classes, for each row that was chosen; empty where there is no model.
        """
        entries = [
            entry for chosen in selection.chosen for entry in self._entries(chosen, selection, probabilities)
        ]
        content = {
            "schema": names.SCHEMA,
            "trained": selection.trained,
            "pool": {"rows": selection.pool_rows, "left": selection.pool_rows - selection.gone},
            "classes": list(selection.classes),
            "predicted": dict(zip(selection.classes, map(int, selection.counts), strict=True)),
            "predicted_targets": selection.predicted_targets,
            "labelled": selection.labelled,
            "left_out": selection.left_out,
            "lost": selection.lost,
            "strata": [
                {"low": one.low, "high": one.high, "rows": one.count, "drawn": len(one.rows)}
                for one in selection.strata
            ],
            "set_aside": self._places(selection.set_aside),
            "notes": selection.notes,
            "entries": entries,
        }
        write_json(self._run.folder / names.SELECTION, content)
        self._report(selection, entries)

    def _entries(
        self, chosen: Chosen, selection: Selection, probabilities: dict[int, list[float]]
    ) -> list[dict[str, Any]]:
        entries = []
        for place, score in zip(self._places(chosen.rows.tolist()), chosen.scores.tolist(), strict=True):
            entry = place | {
                "kind": chosen.kind,
                "score": score if np.isfinite(score) else None,
                "stratum": chosen.stratum,
            }
            told = probabilities.get(place["pool_row"])
            if told is not None:
                best = int(np.argmax(told))
                entry |= {
                    "label": selection.classes[best],
                    "probability": told[best],
                    "probabilities": dict(zip(selection.classes, told, strict=True)),
                }
            entries.append(entry)
        return entries

    def _places(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Return where rows of the pool come from, as the dataset calls it."""
        told = []
        for start in range(0, len(rows), BLOCK):
            part = list(rows[start : start + BLOCK])
            batch = self._pool.take(part)
            for number, name, source in zip(part, batch.names, batch.sources, strict=True):
                path = dataset_path(source.path, self._prefix)
                told.append(
                    {"pool_row": number, "name": name, "path": path, "hdu": source.hdu, "row": source.row}
                )
        return told

    def candidates(self, rows: IntArray, chances: FloatArray, predict: Any, classes: Sequence[str]) -> None:
        """Write the ranked list, as Parquet, CSV and VOTable.

        Parameters
        ----------
        rows : ndarray
            Numbers in the pool, the best first, shape (n,).
        chances : ndarray
            Probability of a target, shape (n,).
        predict : callable
            From a batch to the probabilities of the classes.
        classes : sequence of str
            Of the model.
        """
        folder = self._run.folder / CANDIDATES
        folder.mkdir(exist_ok=True)
        with PredictionTable(folder, self._prefix) as table:
            for start in range(0, len(rows), BLOCK):
                part = slice(start, start + BLOCK)
                batch = self._pool.take(rows[part])
                told = predict(batch)
                table.add(
                    batch,
                    [
                        {
                            "pool_row": int(row),
                            "target_probability": float(chance),
                            "label": classes[int(np.argmax(one))],
                        }
                        | {f"p_{name}": float(value) for name, value in zip(classes, one, strict=True)}
                        for row, chance, one in zip(rows[part], chances[part], told, strict=True)
                    ],
                )
            table.finish({"method": "learning", "version": "", "model_job": ""})

    def _report(self, selection: Selection, entries: list[dict[str, Any]]) -> None:
        told = ["kind", "label", "probability", "score"]
        columns: list[views.Column] = [
            {"name": "source", "title": "Spectrum"},
            *[views.Column(name=one, title=one) for one in told],
        ]
        shown = entries[:1000]
        self._run.report(
            views.table(
                "next-batch",
                f"To be labelled next ({len(entries)})",
                columns=columns,
                rows=[[one["name"] or one["path"], *(one.get(key) for key in told)] for one in shown],
                places=[views.Place(one["path"], one["hdu"], one["row"]) for one in shown],
                note=" ".join(selection.notes),
            )
        )

"""Reads what files say of their spectra into rows that are there already."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashboard.data.ingest.indexer import BYTES_PER_S, PATIENCE_S
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.isolated.read_spectra import index_files
from dashboard.data.store.files import FileRows
from dashboard.data.store.spectra import SpectrumRows


class Descriptions:
    """Completes rows of spectra whose files came later.

    Parameters
    ----------
    files, rows : FileRows, SpectrumRows
        Of all datasets.
    processes : ProcessPool
        Reads.
    folder : Path
        ``<home>/data``.
    """

    def __init__(self, files: FileRows, rows: SpectrumRows, processes: ProcessPool, folder: Path) -> None:
        self._files = files
        self._rows = rows
        self._processes = processes
        self._folder = folder

    async def complete(self, dataset: str, paths: Sequence[str]) -> None:
        """Read files, and store range, points and format of the first spectrum of each.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        paths : sequence of str
            Its files; what cannot be read has the reason in the row of its file.
        """
        root = self._folder / dataset / "files"
        spool = self._folder / dataset / "spool" / f"{secrets.token_hex(4)}.jsonl"
        await asyncio.to_thread(spool.parent.mkdir, parents=True, exist_ok=True)
        try:
            await self._processes.run(
                index_files,
                root,
                [(path, "-") for path in paths],
                spool,
                limit_s=PATIENCE_S + await self._files.bytes_of(dataset, paths) / BYTES_PER_S,
                reads=[root / path for path in paths],
                writes=[spool.parent],
            )
            spectra, reasons = await asyncio.to_thread(_read, spool)
        except WorkerLost as lost:  # a hostile file is the next reader's reason, too
            spectra, reasons = {}, {path: str(lost) for path in paths[:1]}
        finally:
            await asyncio.to_thread(spool.unlink, missing_ok=True)
        await self._rows.describe(dataset, spectra)
        for path, reason in reasons.items():
            await self._files.note(dataset, path, reason)


def _read(spool: Path) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    spectra: dict[str, dict[str, Any]] = {}
    reasons: dict[str, str] = {}
    with spool.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if "spectrum" in line:
                found = line["spectrum"]
                spectra.setdefault(found["path"].partition("!/")[0], found)
            elif line["file"]["reason"]:
                reasons[line["file"]["path"]] = line["file"]["reason"]
    return spectra, reasons

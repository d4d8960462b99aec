"""Job folders as the platform writes them (contracts.md, section 6), and what a run left in one."""

from __future__ import annotations

import json
import math
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import Module
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.publishing.check.static.examples import Example
from jobfolder import names
from jobfolder.checkpoint_card import CheckpointCard
from launchers import Mount

#: Endings of files that are pickles, or hold some.
NO_PICKLE = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt"})
_PROTOCOLS = tuple(bytes((0x80, number)) for number in range(2, 6))


@dataclass(frozen=True)
class Job:
    """One attempt that the check makes.

    Attributes
    ----------
    folder : Path
        The job folder.
    data : Path
        The example's spectra.
    model : Path or None
        The model that predicts.
    checkpoint : Path or None
        What the training goes on from.
    """

    folder: Path
    data: Path
    model: Path | None = None
    checkpoint: Path | None = None

    @property
    def out(self) -> ConfinedFolder:
        """What it writes."""
        return ConfinedFolder(self.folder / names.OUT)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What its container sees."""
        mounts = [
            Mount(self.folder, names.MOUNT, read_only=False),
            Mount(self.data, f"{names.MOUNT}/{names.DATA}"),
        ]
        if self.model is not None:
            mounts.append(Mount(self.model, f"{names.MOUNT}/{names.MODEL_IN}"))
        if self.checkpoint is not None:
            mounts.append(Mount(self.checkpoint, f"{names.MOUNT}/{names.CHECKPOINT_IN}"))
        return tuple(mounts)

    def write(self, module: Module, example: Example, *, step: int = 0, checkpoint_s: float = 3600.0) -> None:
        """Write ``job.json``.

        Parameters
        ----------
        module : Module
            What runs.
        example : Example
            Its parameters.
        step : int
            Of the checkpoint.
        checkpoint_s : float
            Seconds between two checkpoints; 0: at every step.
        """
        for part in ("in", names.OUT):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        labels = (self.data / "labels.csv").is_file()
        training = self.model is None
        document = {
            "schema": names.SCHEMA,
            "job": "check",
            "attempt": f"check-{self.folder.name}",
            "action": "train" if training else "predict",
            "model": None if training else "check",
            "module": module.name,
            "module_version": module.version,
            "image": "",
            "parameters": example.parameters if training else {},
            "recipe": example.recipe if training else None,
            "input": {
                "kind": "spectra",
                "path": names.DATA,
                "manifest": f"{names.DATA}/labels.csv" if labels else None,
                "name": "example",
                "sha256": None,
                "synthetic": True,
            },
            "resources": {"cpus": 1, "memory_mb": memory_of(module, "training"), "gpus": 0},
            "checkpoint_s": checkpoint_s,
            "checkpoint": {"path": names.CHECKPOINT_IN, "step": step, "attempt": "check"}
            if self.checkpoint
            else None,
            "start": None,
        }
        (self.folder / names.JOB).write_text(json.dumps(document), encoding="utf-8")

    def exit(self) -> dict[str, Any]:
        """Return ``exit.json``, empty where it is missing or no JSON."""
        return self._json(names.EXIT)

    @property
    def ended(self) -> float:
        """When ``exit.json`` was written, in seconds since 1970; what the node does after that is its own."""
        try:
            return os.lstat(self.folder / names.OUT / names.EXIT).st_mtime
        except OSError:
            return 0.0

    def metrics(self) -> dict[str, float]:
        """Return the finite numbers of ``summary.json``."""
        found = self._json(names.SUMMARY).get("metrics")
        if not isinstance(found, Mapping):
            return {}
        numbers = {
            str(name): float(value)
            for name, value in found.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        return {name: value for name, value in numbers.items() if math.isfinite(value)}

    def log(self) -> str:
        """Return the log."""
        try:
            return self.out.read(names.LOG, 2**20).decode("utf-8", "replace")
        except OSError:
            return ""

    def progress(self) -> list[dict[str, Any]]:
        """Return the lines of progress, without those that are no objects."""
        return self._lines(names.PROGRESS)

    def without_value(self) -> set[str]:
        """Return the names of metrics that were no finite number when they were measured last."""
        last = {str(line.get("name"))[:80]: line.get("value") for line in self._lines(names.METRICS)}
        return {name for name, value in last.items() if value is None}

    def _lines(self, path: str) -> list[dict[str, Any]]:
        try:
            text = self.out.read(path, 2**20).decode("utf-8", "replace")
        except OSError:
            return []
        found = []
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the last line of a run that was cut off
            found += [entry] if isinstance(entry, dict) else []
        return found

    def card(self) -> CheckpointCard | None:
        """Return the card of the newest checkpoint, or None."""
        try:
            return CheckpointCard.from_json(self._json(f"{names.CHECKPOINTS}/{names.CHECKPOINT_CARD}"))
        except ValueError:
            return None

    def _json(self, path: str) -> dict[str, Any]:
        try:
            return self.out.json(path) or {}
        except (ValueError, OSError):
            return {}

    def pickles(self) -> Iterator[str]:
        """Yield the files of the model that are pickles, or hold some."""
        for file in self.out.files("model"):
            if Path(file.path).suffix in NO_PICKLE or self._is_pickle(file.path):
                yield file.path

    def _is_pickle(self, path: str) -> bool:
        with self.out.open(path) as stream:
            if (stream.read(2) or b"").startswith(_PROTOCOLS):
                return True
            try:
                with zipfile.ZipFile(stream) as archive:
                    entries = archive.infolist()[:1000]
                    if any(Path(entry.filename).suffix in NO_PICKLE for entry in entries):
                        return True
                    return any(self._entry_is_pickle(archive, entry) for entry in entries)
            except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
                return False

    @staticmethod
    def _entry_is_pickle(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
        with archive.open(entry) as inner:
            head = inner.read(256)
        # An array of objects (npy) is a pickle behind a header.
        return head.startswith(_PROTOCOLS) or (head.startswith(b"\x93NUMPY") and b"'|O'" in head)


def memory_of(module: Module, purpose: str) -> int:
    """Return the memory in MB that a module asks for, or what forms start from."""
    said = (module.resources.get(purpose) or {}).get("memory_MB") or 2048
    return max(int(said), 64)

"""What a training has done, and its checkpoints: fits that are finished, and the state of the one under way.

A training is a series of fits: of each fold and member, then of the members of the model. A later attempt of
the same job takes finished fits from the checkpoint and goes on in the midst of the next one; what it then
computes is what the first attempt would have computed.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.run import Run

Arrays = dict[str, npt.NDArray[Any]]

FINISHED, CURRENT, CARD = "finished.npz", "current.npz", "fits.json"


def fingerprint(params: Mapping[str, Any], *arrays: npt.NDArray[Any]) -> str:
    """Return a hash of parameters and training set, by which a checkpoint is known to be of this training."""
    digest = hashlib.sha256(json.dumps(dict(params), sort_keys=True, default=str).encode())
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


class Course:
    """The fits of a training.

    Parameters
    ----------
    run
        Has the checkpoints.
    mark
        The `fingerprint` of the training.
    """

    def __init__(self, run: Run, mark: str) -> None:
        self._run, self._mark = run, mark
        self._finished: dict[str, Arrays] = {}
        self._current: tuple[str, Arrays] | None = None
        self._steps = 0
        self._resume()

    def finished(self, key: str) -> Arrays | None:
        """Return the result of a fit, or None where it is still to be done."""
        return self._finished.get(key)

    def finish(self, key: str, result: Arrays) -> None:
        """Record the result of a fit."""
        self._finished[key] = result
        self._current = None

    def forget(self, key: str) -> None:
        """Drop the result of a fit that is needed no more."""
        self._finished.pop(key, None)

    def state(self, key: str) -> Arrays | None:
        """Return the state in which an earlier attempt left a fit, or None."""
        return self._current[1] if self._current is not None and self._current[0] == key else None

    def epoch_ended(self, key: str, state: Any) -> None:
        """Write a checkpoint, if one is due.

        Parameters
        ----------
        key : str
            Of the fit under way.
        state : callable
            Returns its state as arrays.
        """
        self._steps += 1
        if not self._run.checkpoints.due:
            return
        with self._run.checkpoints.save(self._steps) as folder:
            flat = {
                f"{one}|{name}": array for one, some in self._finished.items() for name, array in some.items()
            }
            np.savez(folder / FINISHED, allow_pickle=False, **flat)
            np.savez(folder / CURRENT, allow_pickle=False, **state())
            card = {
                "mark": self._mark,
                "current": key,
                "steps": self._steps,
                "finished": list(self._finished),
            }
            (folder / CARD).write_text(json.dumps(card), encoding="utf-8")

    def _resume(self) -> None:
        brought = self._run.checkpoints.brought
        if brought is None:
            return
        try:
            card = json.loads((brought.folder / CARD).read_text(encoding="utf-8"))
            if card["mark"] != self._mark:
                self._run.log("The checkpoint is of other spectra or parameters: the training begins anew.")
                return
            finished: dict[str, Arrays] = {str(key): {} for key in card["finished"]}
            for name, array in _read(brought.folder / FINISHED).items():
                key, _, rest = name.partition("|")
                finished[key][rest] = array
            current = (str(card["current"]), _read(brought.folder / CURRENT))
            steps = int(card["steps"])
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            self._run.log(f"The checkpoint cannot be read ({error}): the training begins anew.")
            return
        self._finished, self._current, self._steps = finished, current, steps
        self._run.log(f"Continues in {current[0]}, from the checkpoint of an earlier attempt.")


def _read(path: Path) -> Arrays:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}

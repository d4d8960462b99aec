"""Calibration and domain in a model's folder, and in the answers of the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.pipeline.reliability import conformal as calibration
from deepaas_plugins.pipeline.reliability.conformal import ClassSets, Conformal
from deepaas_plugins.pipeline.reliability.domain import Domain
from deepaas_plugins.pipeline.reliability.intervals import Intervals
from spectra import Batch

#: Files in a model's folder; either may be missing, as in models of earlier versions.
CONFORMAL_FILE, DOMAIN_FILE = "conformal.npz", "domain.npz"

Json = dict[str, Any]


@dataclass(frozen=True)
class Reliability:
    """What is said beside a model's predictions.

    Attributes
    ----------
    conformal
        Makes sets or intervals; None: the answers have none.
    domain
        Compares spectra with the training set; None: the answers do not say.
    """

    conformal: Conformal | None = None
    domain: Domain | None = None

    @property
    def coverage(self) -> float | None:
        """Return the coverage of sets or intervals, None where there are none."""
        return None if self.conformal is None else self.conformal.coverage

    def save(self, folder: Path) -> None:
        """Write what there is beside the model's own files."""
        for name, part in ((CONFORMAL_FILE, self.conformal), (DOMAIN_FILE, self.domain)):
            if part is not None:
                np.savez(folder / name, allow_pickle=False, **part.arrays())

    @classmethod
    def load(cls, folder: Path, classes: int | None) -> Self:
        """Read what there is in a model's folder.

        Parameters
        ----------
        folder : Path
            Of the model; it is not trusted.
        classes : int or None
            Of the model.

        Raises
        ------
        InvalidInput
            A file is damaged or is not of this model.
        """
        limits, domain = _read(folder / CONFORMAL_FILE), _read(folder / DOMAIN_FILE)
        return cls(
            None if limits is None else calibration.of_arrays(limits, classes),
            None if domain is None else Domain.of_arrays(domain),
        )

    @property
    def needs_probabilities(self) -> bool:
        """Whether sets are made, for which every prediction needs its probabilities."""
        return isinstance(self.conformal, ClassSets)

    def complete(self, predictions: list[Json], batch: Batch, classes: list[str]) -> None:
        """Add sets, intervals and domain to predictions, in place.

        Parameters
        ----------
        predictions : list of Json
            Of a model, one for each row; those with a `label` have `probabilities`.
        batch : Batch
            The prepared spectra.
        classes : list of str
            Of the model, in the order of probabilities.
        """
        if isinstance(self.conformal, ClassSets):
            _add_sets(self.conformal, predictions, classes)
        elif self.conformal is not None:
            _add_intervals(self.conformal, predictions)
        if self.domain is not None and batch.flux.shape[1] == len(self.domain.space.centre):
            told = self.domain.answers(batch.flux, batch.observations)
            for prediction, one in zip(predictions, told, strict=True):
                prediction["domain"] = one


def _add_sets(sets: ClassSets, predictions: list[Json], classes: list[str]) -> None:
    told = [one for one in predictions if "probabilities" in one]
    if not told:
        return
    probabilities = np.array([[one["probabilities"][name] for name in classes] for one in told])
    found = sets.of(probabilities)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    for prediction, inside, places in zip(told, found.tolist(), order.tolist(), strict=True):
        chosen = [classes[place] for place in places if inside[place]]
        # A decision rule may choose another class than the most probable one.
        label = prediction.get("label")
        prediction["set"] = chosen if label is None or label in chosen else [*chosen, label]
        prediction["coverage"] = sets.coverage


def _add_intervals(intervals: Intervals, predictions: list[Json]) -> None:
    told = [one for one in predictions if all(isinstance(one.get(name), float) for name in intervals.targets)]
    if not told:
        return
    values = np.array([[one[name] for name in intervals.targets] for one in told])
    halves, sigmas = intervals.half_widths(values)
    for prediction, value, half, sigma in zip(
        told, values.tolist(), halves.tolist(), sigmas.tolist(), strict=True
    ):
        for place, name in enumerate(intervals.targets):
            if np.isfinite(half[place]):
                head = "" if name == "value" else f"{name}_"
                prediction[f"{head}sigma"] = sigma[place]
                prediction[f"{head}interval"] = [value[place] - half[place], value[place] + half[place]]
                prediction["coverage"] = intervals.coverage


def _read(path: Path) -> dict[str, npt.NDArray[Any]] | None:
    return read_arrays(path) if path.is_file() else None

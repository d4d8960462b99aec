"""A dataset as the check of a request sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.data.dataset import DatasetState
from dashboard.jobs.request import JobInput


@dataclass(frozen=True)
class JobDataset:
    """What the check of a request needs to know of a dataset.

    Attributes
    ----------
    classes : Mapping
        Label to number of spectra.
    wavelength : tuple of float, or None
        Range in Å, vacuum; None: not known.
    """

    id: str
    state: DatasetState
    reason: str
    input: JobInput
    classes: Mapping[str, int]
    wavelength: tuple[float, float] | None

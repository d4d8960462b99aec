"""The steps a recipe can have, one family per file. Start at `step.py` and `block.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from spectra.steps.air_to_vacuum import AirToVacuum
from spectra.steps.continuum import Continuum
from spectra.steps.cutout import Cutout
from spectra.steps.degrade import Degrade
from spectra.steps.feature_selection import FeatureSelection
from spectra.steps.ica import Ica
from spectra.steps.kernel_pca import KernelPca
from spectra.steps.mask import Mask
from spectra.steps.parameters import describe_schema
from spectra.steps.pca import Pca
from spectra.steps.resample import Resample
from spectra.steps.rest_frame import RestFrame
from spectra.steps.scale import Scale
from spectra.steps.snr import Snr
from spectra.steps.standardise import Standardise
from spectra.steps.step import Step
from spectra.steps.wavelet import Wavelet

_IN_USUAL_ORDER: tuple[type[Step], ...] = (
    AirToVacuum,
    RestFrame,
    Snr,
    Mask,
    Degrade,
    Continuum,
    Cutout,
    Resample,
    Scale,
    Wavelet,
    Standardise,
    Pca,
    Ica,
    KernelPca,
    FeatureSelection,
)
STEPS: Mapping[str, type[Step]] = MappingProxyType({step.name: step for step in _IN_USUAL_ORDER})
"""Every step by its name, in the order in which recipes usually have them."""


def describe_steps() -> list[dict[str, Any]]:
    """Describe every step for forms.

    Returns
    -------
    list of dict
        ``{"step", "title", "help", "fitted", "parameters": [P…]}``, contract §5.
    """
    return [
        {
            "step": step.name,
            "title": step.title,
            "help": step.help,
            "fitted": step.fitted,
            "parameters": describe_schema(step.schema),
        }
        for step in STEPS.values()
    ]

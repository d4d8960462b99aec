"""The steps a recipe can have, one family per file. Start at `step.py` and `block.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from spectra.steps.axis.air_to_vacuum import AirToVacuum
from spectra.steps.axis.cutout import Cutout
from spectra.steps.axis.degrade import Degrade
from spectra.steps.axis.resample import Resample
from spectra.steps.axis.rest_frame import RestFrame
from spectra.steps.columns.feature_selection import FeatureSelection
from spectra.steps.columns.ica import Ica
from spectra.steps.columns.kernel_pca import KernelPca
from spectra.steps.columns.pca import Pca
from spectra.steps.columns.standardise import Standardise
from spectra.steps.columns.wavelet import Wavelet
from spectra.steps.flux.continuum import Continuum
from spectra.steps.flux.mask import Mask
from spectra.steps.flux.scale import Scale
from spectra.steps.flux.snr import Snr
from spectra.steps.flux.telluric import Telluric
from spectra.steps.parameters import describe_schema
from spectra.steps.step import Step

_IN_USUAL_ORDER: tuple[type[Step], ...] = (
    AirToVacuum,
    Telluric,
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
        ``{"step", "title", "help", "fitted", "parameters": [P…]}``, contract 5.
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

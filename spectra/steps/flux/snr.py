"""Signal-to-noise filter."""

from __future__ import annotations

from typing import Any

import numpy as np
from marshmallow import Schema, ValidationError, validates_schema

from spectra.fault import Fault, Reason
from spectra.spectrum import BoolArray, FloatArray
from spectra.steps.block import Block
from spectra.steps.parameters import number
from spectra.steps.step import Step

_FEWEST_PIXELS = 5


class SnrSchema(Schema):
    """Parameters of `Snr`."""

    minimum = number(
        "Smallest S/N",
        "Spectra of a smaller signal-to-noise ratio per pixel are rejected.",
        10.0,
        minimum=0.0,
    )
    shortest = number(
        "From", "Measure only from this wavelength on.", None, above=0.0, unit="Å", advanced=True
    )
    longest = number("To", "Measure only up to this wavelength.", None, above=0.0, unit="Å", advanced=True)

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        shortest, longest = data["shortest"], data["longest"]
        if shortest is not None and longest is not None and shortest >= longest:
            raise ValidationError(f"must be longer than shortest ({shortest} Å)", "longest")


class Snr(Step):
    """Reject noisy spectra.

    The ratio is the median over good pixels of flux times the root of the inverse variance; where a spectrum
    has none, it is DER_SNR (Stoehr et al. 2008, ADASS XVII, ASP 394, 505).
    """

    name = "snr"
    title = "Signal to noise"
    help = (
        "Rejects spectra whose signal-to-noise ratio per pixel is too small. It is measured from the file's "
        "errors, or where it has none from the scatter of neighbouring pixels (DER_SNR)."
    )
    schema = SnrSchema
    domain = "spectral"
    needs = frozenset({"ivar", "mask"})

    def apply(self, block: Block) -> Block:
        """Measure the ratio of each spectrum and reject the noisy ones."""
        ratio = self._ratios(block)
        minimum: float = self.parameters["minimum"]
        # A ratio that cannot be measured is not large enough.
        rejected: BoolArray = ~(ratio >= minimum)
        return block.reject(
            rejected,
            lambda row: Reason(
                Fault.LOW_SNR,
                f"its signal to noise is {ratio[row]:.1f}, at least {minimum:g} is asked"
                if not np.isnan(ratio[row])
                else f"its signal to noise cannot be measured: fewer than {_FEWEST_PIXELS} good pixels",
            ),
        )

    def _ratios(self, block: Block) -> FloatArray:
        grid = block.grid
        inside = np.ones(len(grid), dtype=bool)
        if self.parameters["shortest"] is not None:
            inside &= grid >= self.parameters["shortest"]
        if self.parameters["longest"] is not None:
            inside &= grid <= self.parameters["longest"]
        flux = block.flux[:, inside]
        good = np.isfinite(flux)
        if block.mask is not None:
            good &= ~block.mask[:, inside]
        if block.ivar is None:
            good &= flux != 0.0
            return np.concatenate([der_snr(row[fine][None]) for row, fine in zip(flux, good, strict=True)])
        ivar = block.ivar[:, inside]
        good &= np.isfinite(ivar) & (ivar > 0.0)
        return np.array(
            [
                float(np.median(row[fine] * np.sqrt(weight[fine])))
                if fine.sum() >= _FEWEST_PIXELS
                else np.nan
                for row, weight, fine in zip(flux, ivar, good, strict=True)
            ]
        )


def der_snr(flux: FloatArray) -> FloatArray:
    """Estimate the signal-to-noise ratio of spectra from their flux alone.

    Parameters
    ----------
    flux
        Good pixels, shape (rows, n). Those that are exactly zero are padding, to be left out as in the paper.

    Returns
    -------
    FloatArray
        Shape (rows,): median(f) / (1.482602 / √6 · median|2 f(i) − f(i−2) − f(i+2)|), after Stoehr et al.
        (2008); NaN for fewer than 5 pixels, infinite without noise.
    """
    if flux.shape[1] < _FEWEST_PIXELS:
        return np.full(len(flux), np.nan)
    noise = np.median(np.abs(2.0 * flux[:, 2:-2] - flux[:, :-4] - flux[:, 4:]), axis=1)
    signal = np.median(flux, axis=1)
    noise *= 1.482602 / np.sqrt(6.0)
    without = np.where(signal > 0, np.inf, -np.inf)
    return np.asarray(np.where(noise == 0.0, without, signal / np.where(noise == 0.0, 1.0, noise)))

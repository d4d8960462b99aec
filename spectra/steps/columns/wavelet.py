"""Discrete wavelet transform."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pywt
from marshmallow import Schema

from spectra.fault import Fault, Reason
from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.parameters import choice, integer, number
from spectra.steps.step import Step

WAVELETS = tuple(pywt.wavelist(kind="discrete"))


class WaveletSchema(Schema):
    """Parameters of `Wavelet`."""

    wavelet = choice("Wavelet", "Which wavelet.", WAVELETS, "db4")
    level = integer(
        "Level", "How many times the spectrum is halved; by default as often as its length allows.", None,
        minimum=1, maximum=20,
    )  # fmt: skip
    output = choice(
        "Output",
        "all: every coefficient; approximation: those of the coarsest level only; "
        "denoised: the spectrum again, with small detail coefficients shrunk.",
        ["all", "approximation", "denoised"],
        "all",
    )
    threshold = number(
        "Threshold",
        "For denoised: coefficients are shrunk by this many times the universal threshold σ √(2 ln n).",
        1.0,
        minimum=0.0,
        maximum=10.0,
        advanced=True,
    )


class Wavelet(Step):
    """Discrete wavelet transform of each spectrum (PyWavelets, symmetric extension).

    Denoising is soft thresholding with the universal threshold; σ is the median absolute detail coefficient
    of the finest level over 0.6745 (Donoho & Johnstone 1994, Biometrika 81, 425).
    """

    name = "wavelet"
    title = "Wavelet transform"
    help = "Replaces each spectrum by its wavelet coefficients, or removes noise by shrinking the small ones."
    schema = WaveletSchema
    domain = "matrix"

    @property
    def leaves_wavelengths(self) -> bool:
        """Only the denoised spectrum still has wavelengths."""
        return bool(self.parameters["output"] == "denoised")

    def apply(self, block: Block) -> Block:
        """Transform all rows."""
        n = block.flux.shape[1]
        wavelet: str = self.parameters["wavelet"]
        possible = pywt.dwt_max_level(n, pywt.Wavelet(wavelet).dec_len)
        level = self.parameters["level"] or possible
        if level > possible or possible == 0:
            return block.reject_all(
                Reason(
                    Fault.TOO_SHORT,
                    f"{n} points can be halved {possible} times with {wavelet}, "
                    f"the recipe asks for {level or 1}",
                )
            )
        parts = pywt.wavedec(block.flux, wavelet, level=level, axis=1)
        if self.parameters["output"] == "denoised":
            return replace(block, flux=self._denoised(parts, n), ivar=None)
        names = [f"A{level}", *(f"D{number}" for number in range(level, 0, -1))]
        if self.parameters["output"] == "approximation":
            parts, names = parts[:1], names[:1]
        columns = tuple(
            f"{name}.{index}"
            for name, part in zip(names, parts, strict=True)
            for index in range(part.shape[1])
        )
        return replace(
            block, flux=np.concatenate(parts, axis=1), wavelength=None, columns=columns, ivar=None, mask=None
        )

    def _denoised(self, parts: list[FloatArray], n: int) -> FloatArray:
        wavelet: str = self.parameters["wavelet"]
        sigma = np.median(np.abs(parts[-1]), axis=1) / 0.6745
        limit = (self.parameters["threshold"] * sigma * np.sqrt(2.0 * np.log(n)))[:, None]
        shrunk = [np.sign(part) * np.maximum(np.abs(part) - limit, 0.0) for part in parts[1:]]
        flux: FloatArray = pywt.waverec([parts[0], *shrunk], wavelet, axis=1)[:, :n]
        return flux

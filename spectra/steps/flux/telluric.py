"""Bands of the Earth's atmosphere, which are marked as bad."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from marshmallow import Schema

from spectra.spectrum import BoolArray, FloatArray
from spectra.steps.block import Block
from spectra.steps.parameters import choice, number
from spectra.steps.step import Step

#: First and last wavelength (Å, vacuum) of bands of oxygen and of water.
OXYGEN = ((6278.0, 6325.0), (6868.0, 6962.0), (7594.0, 7702.0))
WATER = (
    (5884.0, 5981.0),
    (6470.0, 6580.0),
    (6962.0, 7070.0),
    (7162.0, 7352.0),
    (8130.0, 8350.0),
    (8950.0, 9820.0),
)


class TelluricSchema(Schema):
    """Parameters of `Telluric`."""

    bands = choice(
        "Bands",
        "Of oxygen (6278, 6868, 7594 Å), of water as well, or the strong ones of both, which leave Hα and "
        "the sodium lines alone.",
        ["oxygen", "strong", "all"],
        "strong",
    )
    velocity = number(
        "Velocity",
        "That was added to the wavelengths since the Earth: of a barycentric correction.",
        0.0,
        minimum=-1000.0,
        maximum=1000.0,
        unit="km/s",
        advanced=True,
    )


class Telluric(Step):
    """Mark the pixels in bands of the Earth's atmosphere as bad.

    Wavelengths are those of the observatory: the step stands before `rest_frame`. A step `mask` after it
    interpolates over the bands, `continuum` gives them no weight.
    """

    name = "telluric"
    title = "Telluric bands"
    help = (
        "Marks pixels in bands of the Earth's atmosphere as bad: the step continuum then ignores them, the "
        "step mask interpolates over them. Before rest_frame."
    )
    schema = TelluricSchema
    domain = "spectral"
    needs = frozenset({"mask"})

    def apply(self, block: Block) -> Block:
        """Mark the columns of the bands in all rows."""
        inside = in_bands(block.grid, self.parameters["bands"], self.parameters["velocity"])
        mask = np.broadcast_to(inside, block.flux.shape)
        return replace(block, mask=mask.copy() if block.mask is None else block.mask | mask)


def in_bands(grid: FloatArray, bands: str, velocity: float) -> BoolArray:
    """Return which wavelengths lie in bands.

    Parameters
    ----------
    grid : ndarray
        Å in vacuum, shape (n,).
    bands : str
        ``oxygen``, ``strong`` or ``all``.
    velocity : float
        Added to the wavelengths since the Earth, km/s.

    Returns
    -------
    ndarray
        Shape (n,).
    """
    ranges = {"oxygen": OXYGEN, "strong": (*OXYGEN, *WATER[2:]), "all": (*OXYGEN, *WATER)}[bands]
    factor = 1.0 + velocity / 299_792.458
    inside = np.zeros(len(grid), dtype=bool)
    for low, high in ranges:
        inside |= (grid >= low * factor) & (grid <= high * factor)
    return inside

"""What every synthetic spectrum is made with: drawn at random or on a grid, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.lines.line_list import BY_NAME
from spectra.simulation.stars import class_of

Floats = npt.NDArray[np.float64]

#: Pixels that a line must have within its width at half maximum.
LEAST_PIXELS = 2.0
LIGHT_SPEED = 299_792.458
#: The parameters that say between which values the second quantity lies, by what is made.
_VALUES = {
    "stars": ("temperature_minimum", "temperature_maximum"),
    "line profiles": ("strength_minimum", "strength_maximum"),
}


@dataclass(frozen=True)
class Truth:
    """The truth of all spectra; arrays have shape (spectra,).

    Attributes
    ----------
    label
        Kind of profile, or letter of the spectral class.
    star
        Number of the object.
    vsini, velocity
        km/s.
    strength
        Of the line; NaN for stars.
    temperature
        K; NaN for profiles.
    snr
        Of the continuum.
    """

    label: list[str]
    star: npt.NDArray[np.int64]
    vsini: Floats
    velocity: Floats
    strength: Floats
    temperature: Floats
    snr: Floats

    def __len__(self) -> int:
        return len(self.star)


def rest_wavelength(params: Mapping[str, Any]) -> float:
    """Return the wavelength of the line in Å, in vacuum.

    Raises
    ------
    InvalidInput
        It is none of the list, and none is given.
    """
    if params["line"] != "other":
        return BY_NAME[params["line"]].wavelength
    if params["rest"] is None:
        raise InvalidInput("Parameter rest: the line is none of the list, so that its wavelength is needed.")
    return float(params["rest"])


def check(params: Mapping[str, Any]) -> None:
    """Reject parameters that contradict each other, before anything is made.

    Raises
    ------
    InvalidInput
        A least value is above its greatest, the line is outside of the range, or the pixels do not resolve
        it.
    """
    pairs = [("minimum", "maximum"), ("snr_minimum", "snr_maximum"), ("vsini_minimum", "vsini_maximum")]
    stars = params["what"] == "stars"
    pairs.append(_VALUES[params["what"]])
    for low, high in pairs:
        if params[low] > params[high] or (low == "minimum" and params[low] == params[high]):
            raise InvalidInput(f"Parameter {low} ({params[low]:g}) is not below {high} ({params[high]:g}).")
    if stars:
        return
    rest = rest_wavelength(params)
    if not params["minimum"] < rest < params["maximum"]:
        raise InvalidInput(
            f"{params['line']} at {rest:.1f} Å is not within {params['minimum']:g} to {params['maximum']:g} "
            "Å: choose another range or line."
        )
    pixel = (params["maximum"] - params["minimum"]) / params["points"] / rest * LIGHT_SPEED
    fwhm = float(np.hypot(max(params["vsini_maximum"], 100.0), LIGHT_SPEED / params["resolution"]))
    if fwhm < LEAST_PIXELS * pixel:
        raise InvalidInput(
            f"A pixel is {pixel:.0f} km/s wide, the lines {fwhm:.0f} km/s: give more points, or a narrower "
            "range."
        )


def draw(params: Mapping[str, Any]) -> Truth:
    """Draw the truth of all spectra.

    Parameters
    ----------
    params : mapping
        Of `TrainParameters`, checked.

    Returns
    -------
    Truth
        Of ``params["count"]`` spectra.
    """
    count = params["count"]
    star = np.arange(count) // params["visits"]
    objects = int(star[-1]) + 1
    random = np.random.default_rng([params["seed"], 1])
    stars = params["what"] == "stars"
    kinds = ["star"] if stars else list(params["profiles"])
    across, along = _places(params["layout"], objects, len(kinds), random)
    vsini = params["vsini_minimum"] + along * (params["vsini_maximum"] - params["vsini_minimum"])
    low, high = _VALUES[params["what"]]
    value = np.exp(np.log(params[low]) + across * np.log(params[high] / params[low]))
    own = [class_of(one) for one in value] if stars else [kinds[one % len(kinds)] for one in range(objects)]
    none = np.full(count, np.nan)
    each = np.random.default_rng([params["seed"], 2])
    brightness = np.random.default_rng([params["seed"], 4])
    log_snr = np.log([params["snr_minimum"], params["snr_maximum"]])
    return Truth(
        [own[one] for one in star],
        star,
        vsini[star],
        each.normal(0.0, 1.0, count) * params["velocity"],
        none if stars else value[star],
        value[star] if stars else none,
        np.exp(brightness.uniform(log_snr[0], log_snr[1], count)),
    )


def _places(layout: str, objects: int, kinds: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return two coordinates between 0 and 1 for each object; the grid is that of each kind."""
    if layout == "random":
        # Object by object: more of them leave the first as they are.
        pairs = random.uniform(size=(objects, 2))
        return pairs[:, 0], pairs[:, 1]
    each = -(-objects // kinds)
    side = int(np.ceil(np.sqrt(each)))
    place = np.arange(objects) // kinds
    steps = max(side - 1, 1)
    return (place % side) / steps, np.minimum(place // side, steps) / steps

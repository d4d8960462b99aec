"""The system and its orbit: elements, their ranges, and which of them are fixed."""

from __future__ import annotations

from marshmallow import Schema, fields

from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS, OUTER, SYSTEMS
from spectra.steps.parameters import boolean, choice, number, numbers


def _value(name: str) -> fields.Float:
    """Return the field of an element: where the fit starts, or the value at which it is fixed."""
    element = ELEMENTS[name]
    return number(
        element.title,
        element.help,
        None,
        minimum=element.low,
        maximum=element.high,
        unit=element.unit,
        advanced=name in OUTER or name == "apsidal",
    )


def _range(name: str) -> fields.List:
    """Return the field of an element's range."""
    element = ELEMENTS[name]
    return numbers(
        f"{element.title}: range",
        f"Lowest and highest value of the fit; by default what the epochs and the spectra allow. "
        f"{element.help}",
        None,
        unit=element.unit,
        advanced=True,
    )


class SystemParameters(Schema):
    """What is in the spectra, and how its orbit is found."""

    system = choice(
        "System",
        "How many stars have lines in the spectra: one (SB1), two (SB2), three (SB3).",
        list(SYSTEMS),
        "SB2",
    )
    telluric = boolean(
        "Telluric component", "One more component: the lines of the Earth's atmosphere.", False
    )
    velocities = choice(
        "Velocities",
        "Of an orbit, or free at every epoch (from the given orbit, or from cross-correlation).",
        ["orbit", "free"],
        "orbit",
    )
    search = choice(
        "Search",
        "global: differential evolution within the ranges, then Levenberg–Marquardt; local: from the given "
        "values alone; none: the given values as they are.",
        ["global", "local", "none"],
        "global",
    )
    fixed = fields.List(
        fields.String(),
        load_default=list,
        metadata={
            "title": "Fixed elements",
            "description": "Names of elements that keep their given value: period, eccentricity …",
            "unit": "",
            "group": "basic",
        },
    )


class OrbitParameters(SystemParameters):
    """The values of the elements, then their ranges."""


# One field for each element: the table of elements describes them all.
for _name in ELEMENTS:
    OrbitParameters._declared_fields[_name] = _value(_name)  # noqa: SLF001
for _name in ELEMENTS:
    OrbitParameters._declared_fields[f"{_name}_range"] = _range(_name)  # noqa: SLF001

"""What the parameters alone say cannot be fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS, OUTER, SYSTEMS
from deepaas_plugins.methods.disentangling.parameters import korel_par, texts

Json = dict[str, Any]
#: Without these there is no outer orbit.
OUTER_NEEDED = ("outer_period", "k_pair")


def check(data: Json) -> None:
    """Reject parameters that contradict each other.

    Parameters
    ----------
    data : dict
        Loaded parameters of training.

    Raises
    ------
    ValidationError
        With the field that is wrong.
    """
    _check_ranges(data)
    _check_system(data)
    _check_texts(data)
    for name in data["fixed"]:
        if name not in ELEMENTS:
            raise ValidationError(f"{name!r} is no element: {', '.join(ELEMENTS)}.", "fixed")
        if data[name] is None and data["korel_par"] is None:
            raise ValidationError(f"{name} is fixed but has no value: give one.", name)
    if data["search"] in {"local", "none"} and data["period"] is None and data["korel_par"] is None:
        raise ValidationError(f"search = {data['search']} starts from a period: give one.", "period")
    for pair in (("right_ascension", "declination"), ("site_longitude", "site_latitude")):
        if (data[pair[0]] is None) != (data[pair[1]] is None):
            lacking = pair[0] if data[pair[0]] is None else pair[1]
            raise ValidationError(f"is missing beside {pair[0] if lacking != pair[0] else pair[1]}", lacking)
    if data["map_points"] and data["map_x"] == data["map_y"]:
        raise ValidationError("is the same element as that of x: choose another.", "map_y")


def _check_ranges(data: Json) -> None:
    for name, element in ELEMENTS.items():
        limits = data[f"{name}_range"]
        if limits is None:
            continue
        field = f"{name}_range"
        if len(limits) != 2 or not limits[0] < limits[1]:
            raise ValidationError("give two numbers, the lower one first.", field)
        if limits[0] < element.low or limits[1] > element.high:
            raise ValidationError(f"must lie within {element.low:g} and {element.high:g}.", field)
        if data[name] is not None and not limits[0] <= data[name] <= limits[1]:
            raise ValidationError(f"does not hold the given value {data[name]:g}.", field)


def _check_system(data: Mapping[str, Any]) -> None:
    stars = SYSTEMS[data["system"]]
    if stars < 2 and data["k2"] is not None:
        raise ValidationError("an SB1 has one star: choose SB2, or leave K2 out.", "k2")
    if data["light"] is not None:
        if len(data["light"]) != stars:
            raise ValidationError(f"has {len(data['light'])} shares, {data['system']} has {stars}.", "light")
        if min(data["light"]) <= 0:
            raise ValidationError("every star needs a share above 0.", "light")
    given = [name for name in OUTER if data[name] is not None]
    if given:
        for name in OUTER_NEEDED:
            if data[name] is None and data[f"{name}_range"] is None:
                raise ValidationError(f"is missing beside {given[0]}: give a value or a range.", name)
    if data["strengths"] == "given" and not (data["light_factors"] or "").strip():
        raise ValidationError("line strengths are given by this list: fill it in.", "light_factors")
    if data["time_source"] == "list" and not (data["times"] or "").strip():
        raise ValidationError("times come from this list: fill it in.", "times")


def _check_texts(data: Json) -> None:
    checks = {"times": texts.times, "light_factors": texts.rows_of_numbers, "mask": texts.ranges}
    for name, check in checks.items():
        try:
            check(data[name])
        except ValueError as error:
            raise ValidationError(str(error), name) from error
    try:
        korel_par.parse(data["korel_par"])
    except ValueError as error:
        raise ValidationError(str(error), "korel_par") from error

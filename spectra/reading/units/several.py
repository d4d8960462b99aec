"""Which of several columns (arrays, HDUs) of wavelengths is the axis, where a file has more than one.

The rule: a stated unit before an assumed one, then a stated frame before an assumed one, then vacuum before
air, then the likelier name. A column without a frame beside one in air has the frame of its
numbers. What is left out is named in the provenance. Where both units are stated, the two must say the same:
files whose wavelengths contradict each other are rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from spectra.air import air_to_vacuum
from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.units.axis_name import axis_name
from spectra.reading.units.convert import to_angstrom
from spectra.reading.units.frames import AIR, VACUUM
from spectra.reading.units.meaning import AxisMeaning
from spectra.spectrum import FloatArray

_SAME = 1e-3
"""Relative: frames, and velocities of the Earth, change wavelengths by less; units and redshifts by more."""

Candidate = tuple[str, AxisMeaning, FloatArray]
Meaning = Callable[[str, FloatArray], AxisMeaning]
Values = Callable[[str], FloatArray | None]


def chosen_axis(
    first: str, names: Iterable[str], values: Values, meaning: Meaning
) -> tuple[str, AxisMeaning, str]:
    """Choose the spectral axis of a table or file.

    Parameters
    ----------
    first
        The likeliest by its name.
    names
        All that are there.
    values
        Gives the numbers of one, shape (n,); None where it has none for this spectrum.
    meaning
        Tells unit and frame of one from its name and its numbers.

    Returns
    -------
    tuple
        The chosen name, its meaning, and the name with those that it was taken before, for the provenance.

    Raises
    ------
    ReadError
        When none of them can be wavelengths, or two of stated units contradict each other.
    """
    own = values(first)
    others = [name for name in names if name != first and _may_be(name)]
    if not others:
        return first, meaning(first, np.empty(0) if own is None else own), first
    invalid: list[str] = []
    found = list(_known([first, *others], values, meaning, own, invalid))
    if not found:
        return first, meaning(first, np.empty(0) if own is None else own), first
    found = [_settled(one, found) for one in found]
    found.sort(key=lambda one: _rank(one[1]))
    name, taken, numbers = found[0]
    for other, its, its_numbers in found[1:]:
        if not (taken.unit_assumed or its.unit_assumed):
            _check_same((name, taken, numbers), (other, its, its_numbers))
    before = ", ".join([*(other for other, _, _ in found[1:]), *invalid])
    return name, taken, f"{name}, before {before}" if before else name


def _may_be(name: str) -> bool:
    known = axis_name(name)
    return known is not None and known.kind != "velocity"


def _known(
    names: list[str], values: Values, meaning: Meaning, own: FloatArray | None, invalid: list[str]
) -> Iterator[Candidate]:
    """Give those that can be an axis, of the length of the first; `invalid` takes the names of the others."""
    for name in names:
        numbers = values(name)
        if numbers is None or (own is not None and numbers.shape != own.shape):
            continue
        if name != names[0] and not _is_ordered(numbers):
            continue
        try:
            yield name, meaning(name, numbers), numbers
        except ReadError:
            invalid.append(name)


def _is_ordered(values: FloatArray) -> bool:
    steps = np.diff(values[np.isfinite(values)])
    return bool(steps.size and ((steps > 0.0).all() or (steps < 0.0).all()))


def _settled(one: Candidate, found: list[Candidate]) -> Candidate:
    """Return a column that states no frame with the one that its numbers have beside a column in air.

    ESPRESSO's tables have `wavelength` (vacuum) beside `wavelength_air`.
    """
    name, known, values = one
    beside = next((other for other in found if other[1].frame == AIR and not other[1].frame_assumed), None)
    if beside is None or known.unit_assumed or not known.frame_assumed:
        return one
    as_vacuum = np.array(_ends(replace(known, frame=VACUUM), values))
    in_air = np.array(_ends(replace(beside[1], frame=VACUUM), beside[2]))
    in_vacuum = np.array(_ends(*beside[1:]))
    is_air = np.abs(as_vacuum - in_air).sum() < np.abs(as_vacuum - in_vacuum).sum()
    frame = AIR if is_air else VACUUM
    return (
        name,
        replace(known, frame=frame, frame_known_by=f"beside {beside[0]}", frame_assumed=False),
        values,
    )


def _rank(known: AxisMeaning) -> tuple[bool, bool, bool]:
    return known.unit_assumed, known.frame_assumed, known.frame != VACUUM


def _check_same(one: tuple[str, AxisMeaning, FloatArray], other: tuple[str, AxisMeaning, FloatArray]) -> None:
    ends, others = _ends(*one[1:]), _ends(*other[1:])
    if np.allclose(ends, others, rtol=_SAME, atol=0.0):
        return
    raise ReadError(
        f"its wavelengths contradict each other: {one[0]} is {ends[0]:.6g}-{ends[1]:.6g} Å and {other[0]} is "
        f"{others[0]:.6g}-{others[1]:.6g} Å: correct a unit, or leave one out",
        Fault.BAD_AXIS,
    )


def _ends(known: AxisMeaning, values: FloatArray) -> list[float]:
    with np.errstate(all="ignore"):
        wavelength = to_angstrom(values[np.isfinite(values)], known.unit)
        ends = np.sort(wavelength[[0, -1]]) if wavelength.size else np.zeros(2)
        ends = air_to_vacuum(ends) if known.frame == AIR else ends
    return [float(end) for end in ends]

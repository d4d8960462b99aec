"""What a spectral axis is in, and how that is known: one function for every reader.

Sources, the first that says something wins: the unit that the file states (an unknown one is rejected, never
replaced), the name of the axis, its UCD, comment lines, the rule of the survey; then Angstrom is assumed
where that is plausible. The frame likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.units.axis_name import DEFAULTS, AxisName, axis_name
from spectra.reading.units.comments import frame_of_comments, unit_of_comments, unknown_unit_of_comments
from spectra.reading.units.frames import AIR, VACUUM, lone_frame
from spectra.reading.units.plausible import (
    ADVICE,
    check_assumed,
    check_decimal,
    check_reach,
    check_stated,
    is_counter,
    settled_logarithm,
    span,
)
from spectra.reading.units.rule import Rule, Said
from spectra.reading.units.spellings import is_stated, unit_and_frame, unknown_unit
from spectra.reading.units.unit import ANGSTROM, Kind, SpectralUnit, same_unit
from spectra.spectrum import FloatArray, Provenance

__all__ = ["AxisMeaning", "Rule", "Said", "axis_meaning"]

_UCDS: tuple[tuple[str, Kind], ...] = (
    ("em.wl", "wavelength"), ("em.freq", "frequency"), ("em.energy", "energy"),
    ("em.wavenumber", "wavenumber"), ("spect.dopplerveloc", "velocity"), ("em.wavelength", "wavelength"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AxisMeaning:
    """Unit and frame of a spectral axis, and how each is known."""

    unit: SpectralUnit
    unit_known_by: str
    unit_assumed: bool
    frame: str
    frame_known_by: str
    frame_assumed: bool

    def provenance(
        self, axis: str, hdu: tuple[int, str] | None = None, *, mask: str | None = None
    ) -> Provenance:
        """Return a provenance with this axis, without errors.

        Parameters
        ----------
        axis
            Where the wavelengths are: "column WAVE".
        hdu
            Index and name of the HDU, in FITS files.
        mask
            Where the mask is: "column DQ"; None where there is none.
        """
        return Provenance(
            hdu=hdu, axis=axis, unit=self.unit.name, unit_known_by=self.unit_known_by,
            unit_assumed=self.unit_assumed, frame=self.frame, frame_known_by=self.frame_known_by,
            frame_assumed=self.frame_assumed, mask=mask,
        )  # fmt: skip


def axis_meaning(
    name: str = "",
    *,
    units: Sequence[Said] = (),
    frame: Said | None = None,
    ucd: str = "",
    comments: Sequence[str] = (),
    rules: Sequence[Rule] = (),
    values: FloatArray | None = None,
) -> AxisMeaning:
    """Find the unit and the frame of a spectral axis.

    Parameters
    ----------
    name
        Name of the column or array; "" where it has none.
    units
        Units that the file states, the strongest first; the first that is known is taken.
    frame
        "air" or "vacuum" where a keyword or parameter states it.
    ucd
        IVOA UCD of the column (``em.wl;obs.atmos`` is a wavelength in air).
    comments
        Comment lines about the columns.
    rules
        What files of this family are in; the first with a unit, and the first with a frame, are taken.
    values
        The axis, shape (n,): with it the range is checked, and a logarithm without a base is decided.

    Returns
    -------
    AxisMeaning
        Unit, frame, and how each is known.

    Raises
    ------
    ReadError
        When a unit is stated that is not known, two sources contradict each other, no unit is stated and the
        values cannot be wavelengths in Å, or the axis lies where no instrument of the family sees.
    """
    sources = _Sources(name, axis_name(name) if name else None, units, frame, ucd, comments, rules)
    found = _unit(sources)
    unit, assumed = found.unit, found.assumed
    if values is not None:
        unit, assumed = _checked(unit, values, assumed=assumed)
    documented = next((rule for rule in rules if rule.unit and rule.certain), None)
    by = found.by
    if documented is not None:
        model = unit_and_frame(documented.unit)[0]
        if model is not None and not same_unit(unit, model):
            by = f"{by}, against {documented.family} ({model.name})"
        if values is not None and documented.reach is not None:
            check_reach(values, unit, by, documented.family, documented.reach)
    return AxisMeaning(unit, by, assumed, *_frame(unit, sources, found.beside))


class _Sources(NamedTuple):
    """What there is to know an axis by."""

    name: str
    known: AxisName | None
    units: Sequence[Said]
    frame: Said | None
    ucd: str
    comments: Sequence[str]
    rules: Sequence[Rule]


class _Found(NamedTuple):
    """A unit, what it is known by, and the frame that stands beside it."""

    unit: SpectralUnit
    by: str
    assumed: bool = False
    beside: Said | None = None


def _unit(sources: _Sources) -> _Found:
    stated = [said for said in sources.units if is_stated(said.text)]
    for text, place in stated:
        unit, frame = unit_and_frame(text)
        if unit is not None:
            beside = None if frame is None else Said(frame, place)
            return _Found(_agreed(unit, place, sources), place, beside=beside)
    if not stated:
        return _unit_of_name(sources)
    text, place = stated[0]
    frame = lone_frame(text)
    if frame is None:
        raise unknown_unit(text, place)
    return _unit_of_name(sources)._replace(beside=Said(frame, place))


def _unit_of_name(sources: _Sources) -> _Found:
    """Return the unit where no unit is stated: by the name, a comment, the family, or assumed."""
    known = sources.known
    if known is not None and known.unknown:
        raise unknown_unit(known.unknown, f"in the name {sources.name[:80]!r}")
    if known is not None and known.unit is not None:
        return _Found(known.unit, f"the name {sources.name!r}")
    if (unit := unit_of_comments(sources.comments)) is not None:
        return _Found(_logarithmic(unit, known), "a comment")
    if unknown := unknown_unit_of_comments(sources.comments):
        raise unknown_unit(unknown, "in a comment")
    rule = next((rule for rule in sources.rules if rule.unit), None)
    if rule is not None and (unit := unit_and_frame(rule.unit)[0]) is not None:
        return _Found(_logarithmic(unit, known), rule.family, assumed=not rule.certain)
    kind = next((kind for start, kind in _UCDS if sources.ucd.lower().startswith(start)), None)
    if known is not None and (known.logarithm or kind in {None, known.kind}):
        return _Found(known.default, "no unit is stated", assumed=True)
    return _Found(DEFAULTS[kind or "wavelength"], "no unit is stated", assumed=True)


def _agreed(unit: SpectralUnit, place: str, sources: _Sources) -> SpectralUnit:
    """Return the stated unit, as a logarithm where the name says so; a contradiction is rejected."""
    known = sources.known
    if known is not None and known.unit is not None and not known.unknown:
        other = known.unit
        if not same_unit(other.linear, unit.linear):
            raise ReadError(
                f"the unit of its spectral axis is {unit.name} by {place} "
                f"and {other.name} by the name {sources.name[:80]!r}",
                Fault.UNKNOWN_UNIT,
            )
    return _logarithmic(unit, known)


def _logarithmic(unit: SpectralUnit, known: AxisName | None) -> SpectralUnit:
    if known is not None and known.logarithm and not unit.logarithm:
        return unit.logarithmic(known.logarithm)
    return unit


def _checked(unit: SpectralUnit, values: FloatArray, *, assumed: bool) -> tuple[SpectralUnit, bool]:
    ends = span(values)
    settled = settled_logarithm(unit, ends)
    check_decimal(ends, settled)
    if not assumed:
        check_stated(ends, settled)
        return settled, unit.logarithm == "log" and settled.logarithm == "ln"
    if unit == ANGSTROM and values.ndim == 1 and is_counter(values):
        raise ReadError(
            f"its axis {values[0]:g}, {values[1]:g} … {values[-1]:g} counts rows, "
            f"it is no wavelength: {ADVICE}",
            Fault.BAD_AXIS,
        )
    check_assumed(ends, settled)
    return settled, True


def _frame(unit: SpectralUnit, sources: _Sources, beside: Said | None) -> tuple[str, str, bool]:
    """Return the frame, how it is known, and whether it is assumed."""
    known = sources.known
    said = beside
    if said is None and known is not None and known.frame:
        said = Said(known.frame, f"the name {sources.name!r}")
    said = said or sources.frame
    if said is None and "obs.atmos" in sources.ucd.lower():
        said = Said(AIR, f"the UCD {sources.ucd}")
    if said is None and (frame := frame_of_comments(sources.comments)) is not None:
        said = Said(frame, "a comment")
    rule = next((rule for rule in sources.rules if rule.frame), None)
    if said is not None:
        against = rule is not None and rule.certain and rule.frame != said.text
        reason = f", against {rule.family} ({rule.frame})" if rule is not None and against else ""
        return said.text, said.place + reason, False
    if unit.kind != "wavelength":
        return VACUUM, f"{unit.kind} has no medium", False
    if rule is not None:
        return rule.frame, rule.family, not rule.certain
    return VACUUM, "no frame is stated", True

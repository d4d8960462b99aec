"""How a spectrum was read: making a `Provenance`, handing it to the spectrum, and its line for people.

A reader makes one `Provenance` per HDU or table, not per spectrum, and gives it to `assemble` (or, where it
builds a `Spectrum` itself, to `traced`). `entry` adds the name of the format.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from spectra.spectrum import ErrorKind, ErrorSource, Provenance, SpectrumMeta

__all__ = ["Provenance", "of_format", "provenance_line", "traced", "with_errors", "with_mask"]

_KEPT = 1024


def with_errors(provenance: Provenance, place: str, kind: ErrorKind) -> Provenance:
    """Return the provenance with a source of errors.

    Parameters
    ----------
    provenance
        What is known so far.
    place
        Column, plane or HDU: "column ERR", "HDU IVAR", "plane 1".
    kind
        What its numbers are: "sigma", "variance" or "ivar".
    """
    return replace(provenance, errors=ErrorSource(place, kind))


def with_mask(provenance: Provenance, place: str) -> Provenance:
    """Return the provenance with a source of the mask: "column AND_MASK", "HDU DQ", "plane 3"."""
    return replace(provenance, mask=place)


@lru_cache(_KEPT)
def of_format(provenance: Provenance, name: str) -> Provenance:
    """Return the provenance with a format, where it names none; equal arguments give the same object."""
    return provenance if provenance.format else replace(provenance, format=name)


def traced(meta: SpectrumMeta, provenance: Provenance) -> SpectrumMeta:
    """Return what is known about a spectrum with its provenance, and with the marks of what was assumed."""
    extra = dict(meta.extra)
    for mark, assumed in (
        ("unit_assumed", provenance.unit_assumed),
        ("frame_assumed", provenance.frame_assumed),
    ):
        if assumed:
            extra[mark] = True
    return replace(
        meta,
        unit=provenance.unit or meta.unit,
        frame=provenance.frame or meta.frame,
        extra=extra,
        provenance=provenance,
    )


def provenance_line(provenance: Provenance) -> str:
    """Return one line for people: format, HDU, axis, unit, frame, errors, mask, and how each is known."""
    parts = [provenance.format or "no format"]
    if provenance.hdu is not None:
        index, name = provenance.hdu
        parts.append(f"HDU {index} ({name})" if name else f"HDU {index}")
    parts.append(f"axis: {provenance.axis or 'not recorded'}")
    parts.append(_known("unit", provenance.unit, provenance.unit_known_by, assumed=provenance.unit_assumed))
    parts.append(
        _known("frame", provenance.frame, provenance.frame_known_by, assumed=provenance.frame_assumed)
    )
    errors = provenance.errors
    parts.append(f"errors: {errors.place} ({errors.kind})" if errors else "errors: none")
    parts.append(f"mask: {provenance.mask or 'none'}")
    return "; ".join(parts)


def _known(what: str, value: str, by: str, *, assumed: bool) -> str:
    reason = f"assumed, {by}" if assumed and by else "assumed" if assumed else by
    return f"{what}: {value or 'not recorded'}" + (f" ({reason})" if reason else "")

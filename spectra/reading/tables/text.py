"""Text: CSV, ECSV, and plain columns of numbers, with names or without.

Columns are found by name (`names`); without names the first column is the wavelength in Å and the second the
flux, and no third is guessed at. Vacuum, unless a column's name says air. ECSV: astropy's APE 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import yaml

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, ivar_of_error
from spectra.reading.column_names import ERROR, FLUX, IVAR, axis_name, best_axis, first_of
from spectra.reading.content import Content
from spectra.reading.grid import VACUUM
from spectra.reading.read_error import ReadError
from spectra.reading.units import ANGSTROM, SpectralUnit, required_unit
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta

_COMMENTS = ("#", "%", ";", "!", "//")
_MAX_BYTES = 512 * 1024**2
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the lines are cut and what the columns are called."""

    lines: list[str]
    delimiter: str | None
    names: list[str]
    units: dict[str, str]


def read_text(content: Content) -> Iterator[Spectrum]:
    """Read one spectrum.

    Raises
    ------
    ReadError
        When the text holds no columns of numbers, or names none of them wavelength and flux.
    """
    layout = _layout(_decoded(content))
    content.limits.check(len(layout.lines))
    axis, flux = _columns(layout)
    wanted = [axis, flux]
    ivar_name, error_name = first_of(layout.names, IVAR), first_of(layout.names, ERROR)
    other = ivar_name or error_name
    if other is not None:
        wanted.append(layout.names.index(other))
    table = _numbers(layout, wanted)
    unit, frame, stated = _axis_unit(layout, axis)
    ivar = None
    if other is not None:
        ivar = table[:, 2] if ivar_name else ivar_of_error(table[:, 2])
    meta = SpectrumMeta(
        content.stem,
        unit=unit.name,
        frame=frame,
        source=content.source(),
        extra={} if stated else {"frame_assumed": True},
    )
    yield assemble(Axis(table[:, 0], unit, frame), table[:, 1], meta, ivar=ivar)


def _decoded(content: Content) -> str:
    most = min(_MAX_BYTES, content.limits.text)
    if len(content.data) > most:
        raise ReadError(
            f"it is a text of {len(content.data):,} bytes; the most for one spectrum is {most:,}",
            Fault.TOO_LARGE,
        )
    data = bytes(content.data)
    content.limits.check_lines(data.count(b"\n"))  # before objects are made
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _layout(text: str) -> _Layout:
    comments: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(_COMMENTS):
            if not lines:
                comments.append(stripped.lstrip("#%;!/ "))
        elif stripped:
            lines.append(stripped)
    if not lines:
        raise ReadError("the text holds no lines of numbers", Fault.EMPTY)
    delimiter = next((mark for mark in (",", ";", "\t") if mark in lines[0]), None)
    names: list[str] = []
    if not _is_numeric(_cut(lines[0], delimiter)):
        names = [name.strip(" \"'") for name in _cut(lines.pop(0), delimiter)]
    elif comments:
        last = _cut(comments[-1], "," if "," in comments[-1] else None)
        names = last if len(last) == len(_cut(lines[0], delimiter)) and best_axis(last) else []
    units = _ecsv_units(comments) if comments and comments[0].startswith("ECSV") else {}
    return _Layout(lines, delimiter, names, units)


def _cut(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None and re.search(r"\s{2,}|\t", line) and re.search(r"[(\[]", line):
        return [part for part in re.split(r"\s{2,}|\t", line) if part]  # "Wavelength (nm)   Flux"
    return [part.strip() for part in line.split(delimiter)]


def _is_numeric(words: list[str]) -> bool:
    try:
        [float(word) for word in words[:2]]
    except ValueError:
        return False
    return True


def _ecsv_units(comments: list[str]) -> dict[str, str]:
    columns = [match[1] for line in comments if (match := re.match(r"^-\s*(\{.*\})$", line))]
    units: dict[str, str] = {}
    for column in columns:
        try:
            described = yaml.safe_load(column)
        except yaml.YAMLError:
            continue
        if isinstance(described, dict) and isinstance(described.get("unit"), str):
            units[str(described.get("name"))] = described["unit"]
    return units


def _columns(layout: _Layout) -> tuple[int, int]:
    names = layout.names
    axis, flux = best_axis(names), first_of(names, FLUX)
    if axis and flux:
        return names.index(axis), names.index(flux)
    if len(names) > 3 or len(_cut(layout.lines[0] if layout.lines else "", layout.delimiter)) < 2:
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise ReadError(
            f"the text has no columns of wavelength and flux (its columns: {shown or 'one only'})",
            Fault.NO_SPECTRUM,
        )
    return 0, 1


def _numbers(layout: _Layout, columns: list[int]) -> FloatArray:
    try:
        return np.loadtxt(
            layout.lines, delimiter=layout.delimiter, usecols=columns, ndmin=2, comments=None, quotechar='"'
        )
    except (ValueError, IndexError) as error:
        raise ReadError(f"the text is no table of numbers ({error})") from error


def _axis_unit(layout: _Layout, column: int) -> tuple[SpectralUnit, str, bool]:
    if not layout.names:
        return ANGSTROM, VACUUM, False
    name = layout.names[column]
    known = axis_name(name)
    stated = layout.units.get(name, "")
    unit = required_unit(stated) if stated else known.unit if known else ANGSTROM
    frame = known.frame if known else None
    return unit, frame or VACUUM, frame is not None

"""Text: CSV, ECSV, and plain columns of numbers, with names or without.

Columns are found by name (`names`); without names the first column is the wavelength in Å and the second the
flux, and no third is guessed at. Vacuum, unless a column's name says air. ECSV: astropy's APE 6.
"""

from __future__ import annotations

from collections.abc import Iterator

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import FLUX, axis_name, best_axis, first_of
from spectra.reading.content import Content
from spectra.reading.grid import VACUUM
from spectra.reading.planes.errors import Errors, error_column, weighed
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.read_error import ReadError
from spectra.reading.tables.dialect import text_table
from spectra.reading.tables.text_table import TextTable
from spectra.reading.units import ANGSTROM, SpectralUnit, required_unit
from spectra.spectrum import Provenance, Spectrum, SpectrumMeta

_MAX_BYTES = 512 * 1024**2
_SHOWN = 6


def read_text(content: Content) -> Iterator[Spectrum]:
    """Read one spectrum.

    Raises
    ------
    ReadError
        When the text holds no columns of numbers, or names none of them wavelength and flux.
    """
    layout = text_table(_decoded(content))
    content.limits.check(len(layout.lines))
    axis, flux = _columns(layout)
    wanted = [axis, flux]
    called = layout.names[flux] if layout.names else ""
    errors, mask = error_column(layout.names, called), mask_column(layout.names, called)
    beside = (None if errors is None else errors.name, mask)
    wanted += [layout.names.index(name) for name in beside if name is not None]
    table = layout.columns(wanted, None if mask is None else layout.names.index(mask))
    unit, frame, stated = _axis_unit(layout, axis)
    flags = None if mask is None else bad_of(table[:, -1], mask)
    meta = SpectrumMeta(
        content.stem,
        unit=unit.name,
        frame=frame,
        source=content.source(),
        extra={} if stated else {"frame_assumed": True},
    )
    known = Provenance(axis=f"column {axis + 1}", mask=None if mask is None else f"column {mask}")
    weights = None if errors is None else Errors(errors.source, [table[:, 2]])
    ivar, meta, known = weighed(weights, 0, table[:, 1].shape, meta, known)
    yield assemble(
        Axis(table[:, 0], unit, frame), table[:, 1], meta, ivar=ivar, flags=flags, provenance=known
    )


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


def _columns(layout: TextTable) -> tuple[int, int]:
    names = layout.names
    axis, flux = best_axis(names), first_of(names, FLUX)
    if axis and flux:
        return names.index(axis), names.index(flux)
    if len(names) > 3 or len(layout.cells(layout.lines[0] if layout.lines else "")) < 2:
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise ReadError(
            f"the text has no columns of wavelength and flux (its columns: {shown or 'one only'})",
            Fault.NO_SPECTRUM,
        )
    return 0, 1


def _axis_unit(layout: TextTable, column: int) -> tuple[SpectralUnit, str, bool]:
    if not layout.names:
        return ANGSTROM, VACUUM, False
    name = layout.names[column]
    known = axis_name(name)
    stated = layout.units.get(name, "")
    unit = required_unit(stated) if stated else known.unit if known else ANGSTROM
    frame = known.frame if known else None
    return unit, frame or VACUUM, frame is not None

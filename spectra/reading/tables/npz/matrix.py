"""NumPy archives (.npz): a matrix of spectra as rows on one grid, labels, groups and names beside it.

Rows are streamed, whatever the size of the matrix; pickled objects are rejected. A row's exact zeros and NaNs
at its ends are taken as "not covered" and cut off, those inside are marked bad: template libraries (SNID)
write them so. Names of the arrays say what they are (`column_names`): wave_air is in air, wave_nm in nm; an
array of text called unit, or wave_unit beside wave, states the unit. Wavelengths may have a row for each
spectrum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, numbers
from spectra.reading.column_names import FLUX, best_axis, first_of
from spectra.reading.content import Content
from spectra.reading.planes.errors import weighed
from spectra.reading.read_error import ReadError
from spectra.reading.tables.npz.beside import Beside, Facts, RowBeside, facts_of, remarks, stated_units
from spectra.reading.tables.npz.members import Members, opened
from spectra.reading.units.meaning import AxisMeaning, axis_meaning
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta

_SHOWN = 12  # names of arrays in a message


def read_npz(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row.

    Raises
    ------
    ReadError
        When the arrays are missing, do not fit each other, or promise more than the file holds.
    """
    with opened(content) as members:
        axis, flux = best_axis(members.names), first_of(members.names, FLUX)
        if axis is None or flux is None:
            held = ", ".join(sorted(members.names)[:_SHOWN]) or "none"
            more = ", …" if len(members.names) > _SHOWN else ""
            raise ReadError(
                f"it has no arrays of wavelength and flux (its arrays: {held}{more})", Fault.NO_SPECTRUM
            )
        grid, shape = members.header(axis).shape, members.header(flux).shape
        if len(shape) not in {1, 2} or grid not in {shape[-1:], shape}:
            raise ReadError(f"its wavelengths have shape {grid} and its fluxes {shape}", Fault.BAD_AXIS)
        facts = facts_of(members, shape[0] if len(shape) == 2 else 1)
        beside, fluxes = Beside(members, flux, shape), members.rows(flux)
        axis, meaning, named = _chosen(members, axis, flux, grid)
        shared = len(grid) == 1
        axes = repeat(numbers(members.whole(axis))) if shared else members.rows(axis)
        rows = _Rows(content, meaning, meaning.provenance(f"array {named}"), facts, many=len(shape) == 2)
        for row, (values, one) in enumerate(zip(axes, fluxes, strict=False)):
            yield rows.spectrum(row, values, one, beside.following(), shared=shared)


def _chosen(members: Members, axis: str, flux: str, grid: tuple[int, ...]) -> tuple[str, AxisMeaning, str]:
    """Choose the axis among the arrays; of wavelengths for each spectrum, the first row tells."""
    said = remarks(members)

    def values(name: str) -> FloatArray | None:
        if len(grid) == 1:
            return members.vector(name, grid)
        return next(members.rows(name)) if members.header(name).shape == grid else None

    return chosen_axis(
        axis,
        [name for name in members.names if name != flux],
        values,
        lambda name, one: axis_meaning(name, units=stated_units(members, name), comments=said, values=one),
    )


class _Rows:
    """Makes spectra of the rows of one matrix; rows that cover the same pixels share their grid."""

    def __init__(
        self, content: Content, meaning: AxisMeaning, known: Provenance, facts: Facts, *, many: bool
    ) -> None:
        self._content, self._meaning, self._known = content, meaning, known
        self._facts, self._many = facts, many
        self._shared: dict[tuple[int, int], FloatArray] = {}

    def spectrum(
        self, row: int, values: FloatArray, flux: FloatArray, beside: RowBeside, *, shared: bool
    ) -> Spectrum | ReadError:
        missing = ~np.isfinite(flux) | (flux == 0.0)
        covered = np.flatnonzero(~missing)
        if covered.size == 0:
            return ReadError("its flux holds no number (all NaN or 0)", Fault.NOT_FINITE).within(f"row {row}")
        first, end = int(covered[0]), int(covered[-1]) + 1
        if end - first < 2:
            return ReadError("its flux covers one pixel only", Fault.TOO_SHORT).within(f"row {row}")
        if beside.flags is not None:
            missing |= beside.flags
        by = replace(self._known, mask=beside.mask)
        ivar, meta, traced = weighed(beside.errors, 0, flux.shape, self._meta(row), by)
        try:
            spectrum = assemble(
                Axis(values[first:end], self._meaning.unit, self._meaning.frame),
                flux[first:end],
                meta,
                ivar=None if ivar is None else ivar[first:end],
                flags=missing[first:end],
                provenance=traced,
            )
        except ReadError as error:
            return error.within(f"row {row}")
        if not shared:
            return spectrum
        grid = self._shared.setdefault((first, end), spectrum.wavelength)
        grid.flags.writeable = False
        return Spectrum(grid, spectrum.flux, spectrum.ivar, spectrum.mask, spectrum.meta)

    def _meta(self, row: int) -> SpectrumMeta:
        stem = self._content.stem
        meta = SpectrumMeta(
            f"{stem}:{row}" if self._many else stem,
            source=self._content.source(None, row if self._many else None),
        )
        return self._facts.columns.told(meta, lambda name: self._facts.cell(name, row))

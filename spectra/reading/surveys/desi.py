"""DESI co-added spectra: many targets, their arms (B, R, Z) joined, or BRZ as it is.

Data model: https://desidatamodel.readthedocs.io (coadd-*.fits): HDUs {B,R,Z}_WAVELENGTH (n,), _FLUX, _IVAR,
_MASK (targets, n), Å in vacuum. Where arms overlap, fluxes are averaged by inverse variance, as desispec's
`coadd_cameras` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra.air import air_to_vacuum
from spectra.fault import Fault
from spectra.reading.assemble import bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said
from spectra.reading.fits.keywords import put
from spectra.reading.fits_file.columns import Cells
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import AIR, VACUUM
from spectra.reading.provenance import traced, with_errors, with_mask
from spectra.reading.read_error import ReadError
from spectra.reading.units import to_angstrom
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta

ARMS = ("B", "R", "Z")
JOINED = "BRZ"
"""Of files whose cameras desispec has co-added (``coadd_cameras``)."""
_MODEL = Rule("the data model of DESI", "Angstrom", VACUUM, reach=(3600.0, 9824.0))
_ALIGNED = 0.01  # of a step: the arms' grids are parts of one grid


@dataclass(frozen=True, slots=True)
class _Arm:
    """One arm of all targets; a target's numbers are made when they are asked for."""

    wavelength: FloatArray
    meaning: AxisMeaning
    flux: Cells
    ivar: Cells
    mask: Cells | None

    def weighted(self, row: int) -> tuple[FloatArray, FloatArray]:
        """Return inverse variance (0 where a pixel is bad) and the flux times it."""
        flux: FloatArray = self.flux[row]
        ivar: FloatArray = self.ivar[row]
        good = np.isfinite(flux) & (ivar > 0.0)
        if self.mask is not None:
            good &= self.mask[row] == 0.0
        ivar = np.where(good, ivar, 0.0)
        return ivar, ivar * np.where(good, flux, 0.0)


def is_desi(file: FitsFile) -> bool:
    """Whether a file has DESI's HDUs (one of the arms, or its fibre map's target identifiers)."""
    fibres = file.named("FIBERMAP")
    has_arm = any(file.named(f"{arm}_WAVELENGTH") for arm in (*ARMS, JOINED))
    return has_arm or (fibres is not None and fibres.is_table and "TARGETID" in fibres.columns)


def read_coadd(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per target.

    Raises
    ------
    ReadError
        When an arm is missing or the HDUs do not fit each other.
    """
    file = content.fits
    joined = file.named(f"{JOINED}_WAVELENGTH") is not None
    arms = [_arm(file, letter) for letter in ((JOINED,) if joined else ARMS)]
    meaning = arms[0].meaning
    if len({(arm.meaning.unit, arm.meaning.frame) for arm in arms}) > 1:
        raise ReadError("its arms state different units or frames of wavelengths", Fault.UNKNOWN_UNIT)
    grid, places = _joint_grid([arm.wavelength for arm in arms], meaning.frame)
    targets = len(arms[0].flux)
    if any(len(part) != targets for arm in arms for part in (arm.flux, arm.ivar)):
        raise ReadError("its arms hold different numbers of spectra", Fault.BAD_AXIS)
    known = _provenance(file, meaning, (JOINED,) if joined else ARMS, has_mask=arms[0].mask is not None)
    fibres = _Fibres(file.named("FIBERMAP"), targets)
    for row in range(targets):
        weight, total = np.zeros(len(grid)), np.zeros(len(grid))
        for arm, place in zip(arms, places, strict=True):
            ivar, weighted = arm.weighted(row)
            weight[place] += ivar
            total[place] += weighted
        if not weight.any():
            yield ReadError(
                "no pixel has weight (the fibre was not used or its data are masked)", Fault.BAD_PIXELS
            ).within(f"row {row}")
            continue
        flux = np.divide(total, weight, where=weight > 0.0, out=np.full(len(grid), np.nan))
        meta = traced(_meta(content, fibres, row), known)
        yield Spectrum(grid, flux, weight, bad_pixels(flux, weight), meta)


def _provenance(file: FitsFile, meaning: AxisMeaning, arms: tuple[str, ...], *, has_mask: bool) -> Provenance:
    wavelength, ivar, mask = (
        "HDU " + ", ".join(f"{arm}_{part}" for arm in arms) for part in ("WAVELENGTH", "IVAR", "MASK")
    )
    flux = file.named(f"{arms[0]}_FLUX")
    place = None if flux is None else (flux.index, flux.name)
    known = with_errors(meaning.provenance(wavelength, place), ivar, "ivar")
    return with_mask(known, mask) if has_mask else known


def _arm(file: FitsFile, letter: str) -> _Arm:
    found = {}
    for part in ("WAVELENGTH", "FLUX", "IVAR"):
        hdu = file.named(f"{letter}_{part}")
        if hdu is None or not hdu.is_image:
            raise ReadError(f"it is a DESI file without the HDU {letter}_{part}", Fault.NO_SPECTRUM)
        found[part] = hdu
    flux, wavelength = found["FLUX"], found["WAVELENGTH"].image()
    fit = flux.shape == found["IVAR"].shape and flux.shape[1:] == wavelength.shape
    if wavelength.ndim != 1 or len(wavelength) < 2 or not fit:
        raise ReadError(f"the HDUs of its arm {letter} do not fit each other")
    mask = file.named(f"{letter}_MASK")
    has_mask = mask is not None and mask.is_image and mask.shape == flux.shape
    header = found["WAVELENGTH"].header
    meaning = axis_meaning(
        "wavelength",
        units=[Said(header.text(key), f"{key} of {letter}_WAVELENGTH") for key in ("BUNIT", "CUNIT1")],
        frame=frame_said(header, file.primary.header),
        rules=[_MODEL],
        values=wavelength,
    )
    if meaning.unit.kind != "wavelength" or meaning.unit.logarithm:
        raise ReadError(f"its arms are in {meaning.unit.name}, not in a wavelength", Fault.UNKNOWN_UNIT)
    return _Arm(
        to_angstrom(wavelength, meaning.unit),
        meaning,
        flux.lines(),
        found["IVAR"].lines(),
        mask.lines() if mask is not None and has_mask else None,
    )


def _joint_grid(arms: list[FloatArray], frame: str) -> tuple[FloatArray, list[slice]]:
    step = float(arms[0][1] - arms[0][0])
    first = float(arms[0][0])
    starts = [(float(arm[0]) - first) / step for arm in arms]
    aligned = all(abs(start - round(start)) < _ALIGNED for start in starts)
    even = all(np.abs(np.diff(arm) - step).max() < _ALIGNED * abs(step) for arm in arms)
    if not (step > 0.0 and aligned and even and all(0 <= start < 1e6 for start in starts)):
        raise ReadError("the grids of its arms are not parts of one grid", Fault.BAD_AXIS)
    places = [slice(round(start), round(start) + len(arm)) for start, arm in zip(starts, arms, strict=True)]
    grid = first + step * np.arange(max(place.stop for place in places), dtype=np.float64)
    if frame == AIR:
        grid = air_to_vacuum(grid)
    grid.flags.writeable = False
    return grid, places


class _Fibres:
    """The targets of the fibre map, its columns read once."""

    def __init__(self, table: Hdu | None, targets: int) -> None:
        columns = table.columns if table is not None and table.is_table and table.rows >= targets else {}
        self._places: dict[str, FloatArray] = {}
        self._targets: list[int] | None = None
        if table is not None:
            self._places = {
                name: table.column(name) for name in ("TARGET_RA", "TARGET_DEC") if name in columns
            }
            if "TARGETID" in columns and columns["TARGETID"].letter == "K":
                self._targets = table.integers("TARGETID").tolist()

    def target(self, row: int) -> str:
        return str(row if self._targets is None else self._targets[row])

    def place(self, name: str, row: int) -> float | None:
        values = self._places.get(name)
        return None if values is None else float(values[row])


def _meta(content: Content, fibres: _Fibres, row: int) -> SpectrumMeta:
    target = fibres.target(row)
    extra: dict[str, Any] = {"survey": "DESI"}
    put(extra, targetid=target)
    return SpectrumMeta(
        f"{content.stem}:{target}", fibres.place("TARGET_RA", row), fibres.place("TARGET_DEC", row),
        group=target, source=content.source(None, row), extra=extra,
    )  # fmt: skip

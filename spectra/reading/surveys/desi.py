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

from spectra.fault import Fault
from spectra.reading.assemble import bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.keywords import put
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta

ARMS = ("B", "R", "Z")
JOINED = "BRZ"
"""Of files whose cameras desispec has co-added (``coadd_cameras``)."""
_ALIGNED = 0.01  # of a step: the arms' grids are parts of one grid


@dataclass(frozen=True, slots=True)
class _Arm:
    wavelength: FloatArray
    flux: FloatArray
    ivar: FloatArray


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
    grid, places = _joint_grid([arm.wavelength for arm in arms])
    targets = len(arms[0].flux)
    if any(arm.flux.shape != arm.ivar.shape or len(arm.flux) != targets for arm in arms):
        raise ReadError("its arms hold different numbers of spectra", Fault.BAD_AXIS)
    fibres = file.named("FIBERMAP")
    for row in range(targets):
        weight, total = np.zeros(len(grid)), np.zeros(len(grid))
        for arm, place in zip(arms, places, strict=True):
            good = np.isfinite(arm.flux[row]) & (arm.ivar[row] > 0.0)
            ivar = np.where(good, arm.ivar[row], 0.0)
            weight[place] += ivar
            total[place] += ivar * np.where(good, arm.flux[row], 0.0)
        if not weight.any():
            yield ReadError(
                f"row {row}: no pixel has weight (the fibre was not used or its data are masked)",
                Fault.BAD_PIXELS,
            )
            continue
        flux = np.divide(total, weight, where=weight > 0.0, out=np.full(len(grid), np.nan))
        yield Spectrum(grid, flux, weight, bad_pixels(flux, weight), _meta(content, fibres, row))


def _arm(file: FitsFile, letter: str) -> _Arm:
    arrays = []
    for part in ("WAVELENGTH", "FLUX", "IVAR"):
        hdu = file.named(f"{letter}_{part}")
        if hdu is None or not hdu.is_image:
            raise ReadError(f"it is a DESI file without the HDU {letter}_{part}", Fault.NO_SPECTRUM)
        arrays.append(hdu.image())
    wavelength, flux, ivar = arrays
    if wavelength.ndim != 1 or len(wavelength) < 2 or flux.ndim != 2 or flux.shape[1] != len(wavelength):
        raise ReadError(f"the HDUs of its arm {letter} do not fit each other")
    mask = file.named(f"{letter}_MASK")
    if mask is not None and mask.is_image and mask.shape == flux.shape:
        ivar = np.where(mask.image() == 0.0, ivar, 0.0)
    return _Arm(wavelength, flux, ivar)


def _joint_grid(arms: list[FloatArray]) -> tuple[FloatArray, list[slice]]:
    step = float(arms[0][1] - arms[0][0])
    first = float(arms[0][0])
    starts = [(float(arm[0]) - first) / step for arm in arms]
    aligned = all(abs(start - round(start)) < _ALIGNED for start in starts)
    even = all(np.abs(np.diff(arm) - step).max() < _ALIGNED * abs(step) for arm in arms)
    if not (step > 0.0 and aligned and even and all(0 <= start < 1e6 for start in starts)):
        raise ReadError("the grids of its arms are not parts of one grid", Fault.BAD_AXIS)
    places = [slice(round(start), round(start) + len(arm)) for start, arm in zip(starts, arms, strict=True)]
    grid = first + step * np.arange(max(place.stop for place in places), dtype=np.float64)
    grid.flags.writeable = False
    return grid, places


def _meta(content: Content, fibres: Hdu | None, row: int) -> SpectrumMeta:
    values: dict[str, float] = {}
    target = str(row)
    if fibres is not None and fibres.is_table and row < fibres.rows:
        for name in ("TARGET_RA", "TARGET_DEC"):
            if name in fibres.columns:
                values[name] = float(fibres.column(name)[row])
        if "TARGETID" in fibres.columns and fibres.columns["TARGETID"].letter == "K":
            target = str(int(fibres.integers("TARGETID")[row]))
    extra: dict[str, Any] = {"survey": "DESI"}
    put(extra, targetid=target)
    return SpectrumMeta(
        f"{content.stem}:{target}", values.get("TARGET_RA"), values.get("TARGET_DEC"), group=target,
        unit="Angstrom", frame=VACUUM, source=content.source(None, row), extra=extra,
    )  # fmt: skip

"""Gaia: sampled mean spectra of BP/RP (XP) and RVS, one row per source, as FITS, VOTable, CSV or ECSV.

The archive's tables have no wavelength column: the sampling is part of the data model (Gaia DR3
documentation, 20.12: ``xp_sampled_mean_spectrum`` 336 to 1020 nm in steps of 2 nm, ``rvs_mean_spectrum`` 846
to 870 nm in steps of 0.01 nm, both in vacuum). GaiaXPy writes its own sampling as a second table (column
``pos``, nm) or as a file ``…_sampling.csv`` beside. ``XP_CONTINUOUS`` holds coefficients, not fluxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits_file.structure import Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.planes.errors import weights
from spectra.reading.read_error import ReadError
from spectra.reading.tables.gaia_rows import Row, Sampling, cell_numbers, gaia_rows
from spectra.reading.units.meaning import Rule, Said, axis_meaning
from spectra.spectrum import ErrorSource, FloatArray, Spectrum, SpectrumMeta

_SAMPLINGS = {343: ("XP", 336.0, 2.0), 2401: ("RVS", 846.0, 0.01)}
"""By number of samples: instrument, first wavelength and step, nm."""
_MODEL = Rule("the data model of Gaia", "nm", VACUUM, reach=(3300.0, 10500.0))


def stated_sampling(values: FloatArray) -> str | None:
    """Return the instrument of which wavelengths are a sampling.

    Parameters
    ----------
    values : ndarray
        Wavelengths in nm, shape (n,).

    Returns
    -------
    str or None
        ``XP`` or ``RVS``; None where they are none of the archive's samplings.
    """
    known = _SAMPLINGS.get(len(values))
    if known is None:
        return None
    instrument, first, step = known
    grid = first + step * np.arange(len(values))
    return instrument if np.allclose(values, grid, rtol=0.0, atol=0.1 * step) else None


def read_gaia(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per source.

    Raises
    ------
    ReadError
        When the file holds coefficients, or a sampling that is not given.
    """
    rows, sampling, place = gaia_rows(content)
    for number, row in enumerate(rows):
        flux = cell_numbers(row.get("flux"))
        try:
            if flux is None:
                raise ReadError("it has no fluxes", Fault.NOT_FINITE)
            content.limits.check(len(flux))
            yield _spectrum(content, number, row, flux, sampling, place=place)
        except ReadError as error:
            yield error.within(f"row {number}")


def _spectrum(
    content: Content, number: int, row: Row, flux: FloatArray, sampling: Sampling | None, *, place: Hdu | None
) -> Spectrum:
    known = _SAMPLINGS.get(len(flux))
    if sampling is not None and len(sampling.values) == len(flux):
        sampling = sampling._replace(values=np.asarray(sampling.values, dtype=np.float64))
    elif known is not None:
        samples = known[1] + known[2] * np.arange(len(flux), dtype=np.float64)
        sampling = Sampling(samples, "the sampling of the data model")
    else:
        raise ReadError(
            f"its {len(flux)} fluxes are on a sampling that the file does not give: keep GaiaXPy's file "
            "…_sampling beside it, or save it as FITS",
            Fault.BAD_AXIS,
        )
    error = cell_numbers(row.get("flux_error"))
    source = str(row["source_id"]).strip()
    meta = SpectrumMeta(
        f"{content.stem}:{source}", _position(row.get("ra")), _position(row.get("dec")),
        group=source, source=content.source(None, number),
        extra={"survey": "Gaia", "instrument": known[0] if known else "XP", "source_id": source},
    )  # fmt: skip
    ivar = weights(error, "sigma") if error is not None and error.shape == flux.shape else None
    stated = [Said(sampling.unit, f"the unit of {sampling.place}")]
    meaning = axis_meaning(units=stated, rules=[_MODEL], values=sampling.values)
    known_by = replace(
        meaning.provenance(sampling.place, None if place is None else (place.index, place.name)),
        errors=None if ivar is None else ErrorSource("column flux_error", "sigma"),
    )
    axis = Axis(sampling.values, meaning.unit, meaning.frame)
    return assemble(axis, flux, meta, ivar=ivar, provenance=known_by)


def _position(cell: object) -> float | None:
    found = cell_numbers(cell)
    return float(found[0]) if found is not None and np.isfinite(found[0]) else None

"""One small file of every format, made after its documentation, with errors and a mask where it has such.

`axis_unit` writes a unit where the file has a place for the unit of its axis; the numbers stay as they are.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

from tests.unit.spectra.reading import fits_bytes

N = 60
FLUX = np.linspace(1.0, 2.0, N)
IVAR = np.full(N, 4.0)
ZEROS = np.zeros(N, "i4")


def log_cards(first: float, unit: str | None, **cards: object) -> dict[str, object]:
    stated = {} if unit is None else {"CUNIT1": unit}
    return {"COEFF0": first, "COEFF1": 1e-4, **stated, **cards}


def stored(*hdus: fits.hdu.base._BaseHDU, **cards: object) -> bytes:
    out = io.BytesIO()
    first = () if isinstance(hdus[0], fits.PrimaryHDU) else (fits.PrimaryHDU(header=fits.Header(cards)),)
    fits.HDUList([*first, *hdus]).writeto(out)
    return out.getvalue()


def columns(name: str, **values: tuple[str, np.ndarray, str | None]) -> fits.BinTableHDU:
    made = [fits.Column(key, form, unit=unit, array=array) for key, (form, array, unit) in values.items()]
    return fits.BinTableHDU.from_columns(made, name=name)


def lamost(unit: str | None, scale: float) -> bytes:
    stated = {} if unit is None else {"CUNIT1": unit}
    return fits_bytes.lamost(N, COEFF0=float(3.5682 + np.log10(scale)), **stated)


def lamost_table(unit: str | None, scale: float) -> bytes:
    wave = 10 ** (3.6 + 1e-4 * np.arange(N)) * scale
    table = columns(
        "COADD_B", FLUX=("D", FLUX, None), WAVELENGTH=("D", wave, unit), IVAR=("D", IVAR, None),
        ANDMASK=("J", ZEROS, None),
    )  # fmt: skip
    return stored(table, TELESCOP="LAMOST")


def sdss(unit: str | None, scale: float) -> bytes:
    loglam = 3.58 + 1e-4 * np.arange(N) + np.log10(scale)
    table = columns(
        "COADD", flux=("D", FLUX, None), loglam=("D", loglam, unit), ivar=("D", IVAR, None),
        and_mask=("J", ZEROS, None),
    )  # fmt: skip
    return stored(table, TELESCOP="SDSS 2.5-M", COEFF0=3.58 + np.log10(scale), COEFF1=1e-4)


def sdss_plate(unit: str | None, scale: float) -> bytes:
    rows = np.stack([FLUX] * 8)
    flux = fits.PrimaryHDU(rows)
    flux.header.update(log_cards(float(3.58 + np.log10(scale)), unit))
    place, number = np.arange(8.0), np.arange(1, 9)
    plug = Table({"RA": place, "DEC": place, "FIBERID": number, "OBJTYPE": ["QSO"] * 8})
    return stored(
        flux, fits.ImageHDU(np.stack([IVAR] * 8), name="IVAR"),
        fits.ImageHDU(np.stack([ZEROS] * 8), name="ANDMASK"),
        fits.BinTableHDU(plug, name="PLUGMAP"),
    )  # fmt: skip


def sdss_image(unit: str | None, scale: float) -> bytes:
    planes = np.stack([FLUX, FLUX, FLUX, 0 * FLUX]).astype("f4")
    return fits_bytes.image(planes, log_cards(float(3.58 + np.log10(scale)), unit, TELESCOP="SDSS 2.5-M"))


def apogee(unit: str | None, scale: float) -> bytes:
    cards = {"CRVAL1": 4.179 + np.log10(scale), "CDELT1": 6e-6, "CRPIX1": 1, "CTYPE1": "LOG-LINEAR"}
    header = fits.Header(cards if unit is None else cards | {"CUNIT1": unit})
    planes = (FLUX.astype("f4"), FLUX.astype("f4"), ZEROS)
    return stored(*(fits.ImageHDU(plane, header=header) for plane in planes), OBJID="2M1")


def apogee_visit(unit: str | None, scale: float) -> bytes:
    wave = (16900.0 - 0.2 * np.arange(3.0 * N).reshape(3, N)) * scale
    flux = np.ones((3, N))
    header = fits.Header({"BUNIT": unit or "Wavelength"})
    planes = [fits.ImageHDU(plane) for plane in (flux, flux, np.zeros((3, N), "i4"))]
    return stored(*planes, fits.ImageHDU(wave, header=header), SURVEY="apogee")


def astra(unit: str | None, scale: float) -> bytes:
    wave = 10 ** (3.6 + 1e-4 * np.arange(N)) * scale
    cells = {"flux": FLUX, "ivar": IVAR, "wavelength": wave}
    made = {
        key: (f"{N}D", values[None], unit if key == "wavelength" else None) for key, values in cells.items()
    }
    table = columns("BOSS/APO", **made, pixel_flags=(f"{N}J", ZEROS[None], None))
    return stored(table, SDSS_ID=7)


def astra_log(unit: str | None, scale: float) -> bytes:
    table = columns("BOSS/APO", flux=(f"{N}D", FLUX[None], None), ivar=(f"{N}D", IVAR[None], None))
    table.header.update({"CRVAL": 3.6 + np.log10(scale), "CDELT": 1e-4})
    if unit is not None:
        table.header["CUNIT"] = unit
    return stored(table, SDSS_ID=7)


def desi(unit: str | None, scale: float) -> bytes:
    header = fits.Header({} if unit is None else {"BUNIT": unit})
    hdus: list[fits.ImageHDU] = []
    for number, arm in enumerate("BRZ"):
        wave = (3600.0 + 0.8 * (np.arange(N) + (N - 10) * number)) * scale
        hdus.append(fits.ImageHDU(wave, header=header, name=f"{arm}_WAVELENGTH"))
        for part, values in (("FLUX", FLUX), ("IVAR", IVAR), ("MASK", ZEROS)):
            hdus.append(fits.ImageHDU(values[None], name=f"{arm}_{part}"))
    fibres = columns("FIBERMAP", TARGETID=("K", np.array([39627835576420141]), None))
    return stored(fibres, *hdus)


def gaia(unit: str | None, scale: float) -> bytes:
    table = columns("XP", source_id=("K", np.array([4]), None), flux=(f"{N}D", FLUX[None], None),
                    flux_error=(f"{N}D", FLUX[None], None))  # fmt: skip
    sampling = columns("SAMPLING", pos=("D", np.linspace(400.0, 900.0, N) * scale, unit))
    return stored(table, sampling)


def galah(unit: str | None, scale: float) -> bytes:
    cards = {"CRVAL1": 4713.0 * scale, "CDELT1": 0.05 * scale, "CRPIX1": 1.0, "ORIGIN": "GALAH"}
    header = fits.Header(cards if unit is None else cards | {"CUNIT1": unit})
    return stored(fits.PrimaryHDU(FLUX, header=header), fits.ImageHDU(0.1 * FLUX, name="input_sigma"))


def iue(unit: str | None, scale: float) -> bytes:
    begin, step = np.array([1150.0 * scale]), np.array([1.5 * scale])
    return stored(columns(
        "MELO", WAVELENGTH=("E", begin, unit), DELTAW=("E", step, unit), FLUX=(f"{N}D", FLUX[None], None),
        SIGMA=(f"{N}D", FLUX[None], None), QUALITY=(f"{N}J", ZEROS[None], None),
    ))  # fmt: skip


def pypeit(unit: str | None, scale: float) -> bytes:
    table = columns(
        "SPAT1", OPT_WAVE=("D", np.linspace(4000.0, 5000.0, N) * scale, unit), OPT_FLAM=("D", FLUX, None),
        OPT_FLAM_IVAR=("D", IVAR, None), OPT_MASK=("L", np.ones(N, dtype=bool), None),
    )  # fmt: skip
    return stored(table, PYPELINE="MultiSlit")


def mpdaf(unit: str | None, scale: float) -> bytes:
    header = fits.Header({"CRVAL1": 4750.0 * scale, "CDELT1": 1.25 * scale, "CRPIX1": 1.0, "CTYPE1": "AWAV"})
    if unit is not None:
        header["CUNIT1"] = unit
    return stored(
        fits.ImageHDU(FLUX, header=header, name="DATA"), fits.ImageHDU(IVAR, name="STAT"),
        fits.ImageHDU(ZEROS, name="DQ"),
    )  # fmt: skip


def e2ds(_unit: str | None, scale: float) -> bytes:
    header = fits.Header({"HIERARCH ESO DRS CAL TH DEG LL": 3, "OBJECT": "HD 1"})
    for number, coefficient in enumerate((4000.0, 0.02, -1e-6, 1e-12, 4100.0, 0.02, -1e-6, 1e-12)):
        header[f"HIERARCH ESO DRS CAL TH COEFF LL{number}"] = coefficient * scale
    return stored(fits.PrimaryHDU(np.stack([FLUX, 2 * FLUX]), header=header))


def linetools(unit: str | None, scale: float) -> bytes:
    header = fits.Header({} if unit is None else {"BUNIT": unit})
    return stored(
        fits.ImageHDU(FLUX, name="FLUX"), fits.ImageHDU(FLUX, name="ERROR"),
        fits.ImageHDU(np.linspace(4000.0, 5000.0, N) * scale, header=header, name="WAVELENGTH"),
    )  # fmt: skip


def multispec(unit: str | None, _scale: float) -> bytes:
    spec = f'spec1 = "1 1 0 4000. 1. {N} 0. 1. 1."'
    cards = {
        "WCSDIM": 2, "CTYPE1": "MULTISPE", "CTYPE2": "MULTISPE",
        "WAT0_001": "system=multispec", "WAT2_001": f"wtype=multispec {spec}",
        "WAT1_001": "wtype=multispec label=Wavelength" + (f" units={unit}" if unit else ""),
    }  # fmt: skip
    return stored(fits.PrimaryHDU(FLUX[None], header=fits.Header(cards)))


def table(unit: str | None, scale: float) -> bytes:
    return stored(columns(
        "SPEC", WAVE=("D", np.linspace(4000.0, 5000.0, N) * scale, unit), FLUX=("D", FLUX, None),
        ERR=("D", FLUX, None), QUAL=("J", ZEROS, None),
    ))  # fmt: skip


def image(unit: str | None, scale: float) -> bytes:
    cards = {"CRVAL1": 4000.0 * scale, "CDELT1": scale, "CRPIX1": 1.0, "CTYPE1": "LINEAR"}
    return stored(
        fits.PrimaryHDU(FLUX, header=fits.Header(cards if unit is None else cards | {"CUNIT1": unit}))
    )


def image_rows(unit: str | None, scale: float) -> bytes:
    header = fits.Header(
        {"CRVAL1": 4000.0 * scale, "CDELT1": scale, "CRPIX1": 1.0, "CUNIT1": unit or "Angstrom"}
    )
    return stored(fits.PrimaryHDU(np.stack([FLUX] * 3), header=header))


def rows(unit: str | None, scale: float) -> bytes:
    header = fits.Header({"XUNITS": unit} if unit else {})
    return stored(
        fits.PrimaryHDU(np.stack([np.linspace(4000.0, 5000.0, N) * scale, FLUX, FLUX]), header=header)
    )


def votable(unit: str | None, scale: float) -> bytes:
    out = io.BytesIO()
    one = Table(
        {"wave": np.linspace(4000.0, 5000.0, N) * scale, "flux": FLUX, "flux_error": FLUX, "mask": ZEROS}
    )
    one["wave"].unit = unit
    one.write(out, format="votable")
    return out.getvalue()


def sed_xml(_unit: str | None, _scale: float) -> bytes:
    points = "".join(f'<Point SP="{4000 + i}" F="{flux}"/>' for i, flux in enumerate(FLUX))
    axis = '<SpectralAxis unit="A"/>'
    return f'<?xml version="1.0"?><SED><Segment>{axis}<Data>{points}</Data></Segment></SED>'.encode()


def npz(unit: str | None, scale: float) -> bytes:
    out = io.BytesIO()
    arrays = {"wave": np.linspace(4000.0, 5000.0, N) * scale, "flux": FLUX[None], "error": FLUX[None],
              "mask": ZEROS[None]}  # fmt: skip
    np.savez(out, **arrays, **({} if unit is None else {"unit": np.array(unit)}))
    return out.getvalue()


def multimodal(unit: str | None, scale: float) -> bytes:
    arrays = {"flux": FLUX, "ivar": IVAR, "lambda": np.linspace(4000.0, 5000.0, N) * scale}
    numbers = pa.list_(pa.float64())
    schema = pa.schema([
        pa.field("spectrum_flux", numbers), pa.field("spectrum_ivar", numbers),
        pa.field("spectrum_lambda", numbers, metadata=None if unit is None else {"unit": unit}),
        pa.field("spectrum_mask", pa.list_(pa.bool_())),
    ])  # fmt: skip
    out = io.BytesIO()
    pq.write_table(pa.table([*([list(one)] for one in arrays.values()), [[False] * N]], schema=schema), out)
    return out.getvalue()


def parquet(unit: str | None, scale: float) -> bytes:
    schema = pa.schema([
        pa.field("wave", pa.float64(), metadata=None if unit is None else {"unit": unit}),
        *(pa.field(name, pa.float64()) for name in ("flux", "error", "mask")),
    ])  # fmt: skip
    out = io.BytesIO()
    pq.write_table(
        pa.table([np.linspace(4000.0, 5000.0, N) * scale, FLUX, FLUX, 0.0 * FLUX], schema=schema), out
    )
    return out.getvalue()


def libreesprit(_unit: str | None, scale: float) -> bytes:
    lines = "".join(f"{400 * scale + 0.01 * i:9.4f} {flux:.4e} 1.0e-02\n" for i, flux in enumerate(FLUX))
    return f"***Reduced spectrum of 'HD 1'\n {N} 2\n{lines}".encode()


def korel(_unit: str | None, scale: float) -> bytes:
    values = [f"{flux:.5f}" for flux in FLUX]
    lines = [" ".join(values[at : at + 10]) for at in range(0, N, 10)]
    return "\n".join([f"57000.25000 {4000.0 * scale:.4f} 5.000 1.000 {N}", *lines, ""]).encode()


def text(unit: str | None, scale: float) -> bytes:
    head = f"wavelength ({unit})" if unit else "wavelength"
    lines = "".join(f"{(4000 + i) * scale},{flux},{flux},0\n" for i, flux in enumerate(FLUX))
    return f"{head},flux,error,mask\n{lines}".encode()


@dataclass(frozen=True, slots=True)
class Sample:
    """How a file of a format is made, and whether it has errors and a mask.

    Parameters
    ----------
    make
        Of the unit to state (None for none) and a factor on the numbers of the axis, the bytes.
    errors, mask
        Whether the file has such.
    is_fits
        Whether it has HDUs.
    """

    make: Callable[[str | None, float], bytes]
    errors: bool = True
    mask: bool = True
    is_fits: bool = True


SAMPLES = {
    "lamost": Sample(lamost),
    "lamost-table": Sample(lamost_table),
    "sdss": Sample(sdss),
    "sdss-plate": Sample(sdss_plate),
    "sdss-image": Sample(sdss_image),
    "apogee": Sample(apogee),
    "apogee visit": Sample(apogee_visit),
    "astra": Sample(astra),
    "astra log": Sample(astra_log, mask=False),
    "desi": Sample(desi),
    "gaia": Sample(gaia, mask=False),
    "galah": Sample(galah, mask=False),
    "iue": Sample(iue),
    "pypeit": Sample(pypeit),
    "mpdaf": Sample(mpdaf),
    "e2ds": Sample(e2ds, errors=False, mask=False),
    "linetools": Sample(linetools, mask=False),
    "multispec": Sample(multispec, errors=False, mask=False),
    "table": Sample(table),
    "image": Sample(image, errors=False, mask=False),
    "image-rows": Sample(image_rows, errors=False, mask=False),
    "rows": Sample(rows, mask=False),
    "votable": Sample(votable, is_fits=False),
    "sed-xml": Sample(sed_xml, errors=False, mask=False, is_fits=False),
    "npz": Sample(npz, is_fits=False),
    "multimodal": Sample(multimodal, is_fits=False),
    "parquet": Sample(parquet, is_fits=False),
    "libreesprit": Sample(libreesprit, mask=False, is_fits=False),
    "korel": Sample(korel, errors=False, mask=False, is_fits=False),
    "text": Sample(text, is_fits=False),
}
"""By the name of the format, and a word for a second layout of it."""
